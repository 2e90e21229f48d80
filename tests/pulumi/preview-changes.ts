import { declare, password } from "./program";

/** One change to a stack, as the words of its preview stand in `docs/preview.md`. */
export interface PreviewedChange {
  title: string;
  /** One line for the reader. */
  comment: string;
  resource: string;
  /** JavaScript of what the change is about, before and after; absent where there is nothing. */
  before?: string;
  after?: string;
}

export interface PreviewedServer {
  spec: string;
  /** What is there by hand before the stack; the provisioner's login is `admin`. */
  prepare(admin: string): [database: string | undefined, sql: string][];
  /** What the changes stand on and leave alone. */
  unchanged: string;
  /** What somebody does by hand after the first `up`. */
  meanwhile?: string;
  changes: PreviewedChange[];
  /** What `--diff` shows of them where the server is not asked. */
  offline: RegExp[];
}

const user = (name: string, more: Record<string, string> = {}): string =>
  declare("DbUser", name, { username: JSON.stringify(`shop_${name}`), auth: password, ...more });

const grant = (name: string, grantee: string, on: string, more: Record<string, string> = {}): string =>
  declare("DbGrant", name, { grantee, on: `{ ${on} }`, ...more });

const tables = (list: string, more = ""): string =>
  `kind: "tables", database: "shop", schema: "public", tables: ${list}${more}`;

const postgresql: PreviewedServer = {
  spec: "postgresql@17",
  prepare: (admin) => [
    [undefined, `CREATE ROLE shop_owner; GRANT shop_owner TO "${admin}" WITH ADMIN OPTION`],
    [undefined, "CREATE DATABASE shop OWNER shop_owner"],
    [
      "shop",
      `SET ROLE shop_owner;
       CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY, customer bigint, total numeric);
       CREATE TABLE customers (id bigint, name text, email text);`,
    ],
  ],
  unchanged:
    declare("DbRole", "analysts", { name: '"shop_analysts"' }) +
    user("bi") +
    grant("bi-way-in", "bi.username", 'kind: "schema", database: "shop", schema: "public"', {
      privileges: '["USAGE"]',
    }) +
    user("worker") +
    grant("worker-orders", "worker.username", tables('["orders"]'), { privileges: '["SELECT"]' }),
  meanwhile: "GRANT DELETE, TRUNCATE ON customers TO shop_worker",
  changes: [
    {
      title: "Create a login",
      comment: "Everything that is not a default is said; the password never leaves the secret.",
      resource: "report",
      after: user("report", { connectionLimit: "5", settings: '{ statement_timeout: "30s" }' }),
    },
    {
      title: "Change a login's attributes",
      comment: "Only what changes is said, a setting that is no longer named among it.",
      resource: "api",
      before: user("api", { connectionLimit: "10", settings: '{ work_mem: "8MB" }' }),
      after: user("api", { connectionLimit: "20", validUntil: '"2028-01-31T00:00:00Z"', passwordVersion: "2" }),
    },
    {
      title: "Lock a login",
      comment: "Nobody gets in any more; privileges and secret stay.",
      resource: "batch",
      before: user("batch"),
      after: user("batch", { locked: "true" }),
    },
    {
      title: "Grant on tables, with future ones",
      comment:
        "What exists is named table by table; what comes is a default privilege of its creating role. `reach` adds the sequences.",
      resource: "bi-tables",
      after: grant("bi-tables", "bi.username", tables('"*"', ', future: { createdBy: ["shop_owner"] }'), {
        privileges: '["SELECT", "INSERT"]',
      }),
    },
    {
      title: "Grant on columns",
      comment: "Column by column, in the order of their names.",
      resource: "bi-columns",
      after: grant(
        "bi-columns",
        "bi.username",
        'kind: "columns", database: "shop", schema: "public", table: "customers", columns: ["name", "email"]',
        { privileges: '["UPDATE"]' },
      ),
    },
    {
      title: "Make a login a member of a role",
      comment: "How the membership is held is said where it is not the server's default.",
      resource: "bi-analyst",
      after: grant("bi-analyst", "bi.username", 'kind: "role", role: analysts.name, inherit: false, admin: true'),
    },
    {
      title: "Own a target exclusively",
      comment: "What somebody granted by hand on the same target is taken away, and said before it is.",
      resource: "worker-all",
      before: grant("worker-all", "worker.username", tables('"*"'), { privileges: '["SELECT"]' }),
      after: grant("worker-all", "worker.username", tables('"*"'), { privileges: '["SELECT"]', mode: '"exclusive"' }),
    },
    {
      title: "Take a built-in default from PUBLIC",
      comment: "The claim is that PUBLIC does not hold it; the default comes back when the resource goes.",
      resource: "nobody",
      after: grant("nobody", '"PUBLIC"', 'kind: "database", database: "shop"', {
        privileges: '["CONNECT", "TEMPORARY"]',
        effect: '"revoke"',
      }),
    },
    {
      title: "Delete a login",
      comment: "A removed resource is asked about nowhere: `--diff` shows the sentence that state has kept.",
      resource: "old",
      before: user("old", { deletion: '{ policy: "drop", reassignOwnedTo: "shop_owner" }' }),
    },
    {
      title: "Delete a grant",
      comment: "The same for a grant: only what it gave, and not what another claim needs.",
      resource: "worker-write",
      before: grant("worker-write", "worker.username", tables('["orders"]'), { privileges: '["INSERT"]' }),
    },
  ],
  offline: [
    /columns : \[\s+\[0\]: "email"\s+\[1\]: "name"\s+\]/,
    /privileges +: \[\s+\[0\]: "INSERT"\s+\[1\]: "SELECT"\s+\]/,
    /~ mode +: "additive" => "exclusive"/,
    /onDelete +: "Ends the sessions of shop_old, /,
  ],
};

const mysql: PreviewedServer = {
  spec: "mysql@8.0",
  prepare: () => [[undefined, "CREATE DATABASE shop; CREATE TABLE shop.orders (id int, total int);"]],
  unchanged: "",
  changes: [
    {
      title: "Change where a login comes from",
      comment: "One host for another is a rename in place: password, privileges and open sessions stay.",
      resource: "api",
      before: user("api", { hosts: '["%"]', limits: "{ queriesPerHour: 100 }" }),
      after: user("api", { hosts: '["10.0.%"]', limits: "{ queriesPerHour: 500 }" }),
    },
    {
      title: "Replace privileges by a template",
      comment: "A template is said as the privileges it stands for, and only those that change.",
      resource: "worker-shop",
      before:
        user("worker") +
        grant("worker-shop", "worker.username", 'kind: "database", database: "shop"', {
          privileges: '["SELECT", "DELETE"]',
        }),
      after:
        user("worker") +
        grant("worker-shop", "worker.username", 'kind: "database", database: "shop"', { template: '"write"' }),
    },
  ],
  offline: [/~ \[0\]: "%" => "10\.0\.%"/, /\+ template +: "write"/],
};

export const previewedServers: PreviewedServer[] = [postgresql, mysql];
