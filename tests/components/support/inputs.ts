import type { ProvisionerRef } from "../../../provisioner/protocol";
import type { KindName } from "../../../components/lifecycle/kinds";
import type { Properties } from "../../../components/lifecycle/wire";

export const ref = (over: Partial<ProvisionerRef> = {}): ProvisionerRef => ({
  contractVersion: 1,
  functions: { access: "db-access-orders", migrate: "db-access-orders-migrate" },
  region: "eu-west-1",
  partition: "aws",
  account: "123456789012",
  engine: "postgresql",
  cluster: "orders",
  database: { host: "orders.internal", port: 5432 },
  secretNamePrefixes: ["rds-", "orders/"],
  protocols: { min: 1, max: 1 },
  discovery: { parameter: "/db-access/orders", region: "eu-west-1" },
  ...over,
});

export const mysqlRef = (): ProvisionerRef => ref({ engine: "mysql" });

const common = (name: string) => ({ provisioner: ref(), ownerKey: `acme/urn:pulumi:prod::orders::${name}` });

/** One valid set of inputs for each kind, with as many arguments as PostgreSQL takes. */
export const valid = (): Record<KindName, Properties> => ({
  DbUser: {
    ...common("api"),
    username: "orders_api",
    auth: {
      kind: "password",
      secret: {
        name: "orders/api",
        recoveryDays: 7,
        kmsKeyArn: "arn:aws:kms:::key/1",
        readers: ["210987654321", "arn:aws:iam::123456789012:role/reports"],
        replicas: [{ region: "eu-central-1" }, { region: "eu-north-1", kmsKeyArn: "arn:aws:kms:::key/2" }],
        inherit: { policy: true, tags: ["cost-centre", "team"], rotation: false },
      },
    },
    database: "orders",
    passwordVersion: 2,
    rotation: { strategy: "alternating", days: 30, graceSeconds: 600 },
    parameterPath: "/orders/api",
    parameterPasswordKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555",
    connectionLimit: 10,
    validUntil: "2027-01-31T00:00:00.000Z",
    requireTls: false,
    locked: false,
    settings: { search_path: "app, public", statement_timeout: "30s" },
    deletion: { policy: "drop", reassignOwnedTo: "orders_owner", dropOwned: false, endSessions: false },
    adopt: false,
  },
  DbRole: {
    ...common("owner"),
    name: "orders_owner",
    deletion: { policy: "drop", reassignOwnedTo: "keeper", dropOwned: false },
    adopt: false,
  },
  DbGrant: {
    ...common("write"),
    grantee: "orders_api",
    on: {
      kind: "tables",
      database: "orders",
      schema: "public",
      tables: ["lines", "orders"],
      future: { createdBy: ["orders_owner"] },
    },
    privileges: ["INSERT", "SELECT"],
    effect: "grant",
    withGrantOption: false,
    cascade: false,
    mode: "additive",
    reach: true,
    adopt: false,
  },
  DbDatabase: {
    ...common("db"),
    name: "orders",
    owner: "orders_owner",
    revokePublic: true,
    charset: "UTF8",
    deletion: "retain",
    adopt: false,
  },
  DbSchema: { ...common("schema"), database: "orders", name: "app", owner: "orders_owner", deletion: "retain" },
});

/** A login with as many arguments as MySQL and MariaDB take. */
export const mysqlUser = (): Properties => ({
  ...common("api"),
  provisioner: mysqlRef(),
  username: "orders_api",
  hosts: ["10.0.%", "localhost"],
  auth: { kind: "password", secret: { inherit: { rotation: true } } },
  passwordVersion: 1,
  rotation: { strategy: "dual", graceSeconds: 0 },
  passwordExpires: 90,
  requireTls: true,
  locked: false,
  limits: { queriesPerHour: 1000, updatesPerHour: 0, connectionsPerHour: 60 },
  deletion: { policy: "lock", endSessions: true },
  adopt: "fromLedger",
});

export const theirs = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/api-a1b2c3";
export const theirFunction = "arn:aws:lambda:eu-west-1:123456789012:function:rotate-them";

/** A login whose password its team keeps in a secret of its own. */
export const suppliedUser = (): Properties => ({
  ...common("api"),
  username: "orders_api",
  auth: { kind: "password", suppliedSecretArn: theirs },
  deletion: "drop",
});

/** A login that a function of its team rotates. */
export const foreignRotation = (): Properties => ({
  ...common("api"),
  provisioner: ref({ engine: "mariadb" }),
  username: "orders_api",
  hosts: ["%"],
  auth: { kind: "password" },
  passwordVersion: 1,
  rotation: { schedule: "rate(12 hours)", functionArn: theirFunction },
  requireTls: true,
  deletion: "drop",
});

const grant = (grantee: unknown, on: Properties, privileges?: string[], more: Properties = {}): Properties => ({
  ...common("grant"),
  grantee,
  on,
  ...(privileges === undefined ? {} : { privileges }),
  mode: "additive",
  ...more,
});

const future = { createdBy: ["orders_owner"] };
const inApp = { database: "orders", schema: "app" };

/** A grant on every kind of target, in canonical form. */
export const postgresqlGrants = (): Record<string, Properties> => ({
  database: grant("api", { kind: "database", database: "orders" }, ["CONNECT"], { reach: true }),
  schema: grant("api", { kind: "schema", ...inApp }, ["USAGE"], { reach: true }),
  "schema by template": grant("api", { kind: "schema", ...inApp, future }, undefined, {
    template: "read",
    reach: true,
  }),
  tables: grant("api", { kind: "tables", ...inApp, tables: ["a", "b"], future }, ["SELECT"], { reach: true }),
  "future tables": grant("api", { kind: "tables", database: "orders", tables: "*", future }, ["SELECT"], {
    reach: true,
  }),
  columns: grant("api", { kind: "columns", ...inApp, table: "a", columns: ["x", "y"] }, ["SELECT"], { reach: true }),
  sequences: grant("api", { kind: "sequences", ...inApp, sequences: ["s"], future }, ["USAGE"], { reach: true }),
  routines: grant("api", { kind: "routines", ...inApp, routines: ["total()", "total(integer)"], future }, ["EXECUTE"], {
    reach: true,
  }),
  types: grant("api", { kind: "types", ...inApp, types: ["money"], future }, ["USAGE"], { reach: true }),
  largeObjects: grant("api", { kind: "largeObjects", database: "orders", oids: [7, 16400] }, ["SELECT"], {
    reach: true,
  }),
  parameters: grant("api", { kind: "parameters", parameters: ["log_statement"] }, ["SET"], { reach: true }),
  role: grant("api", { kind: "role", role: "orders_owner", admin: true, inherit: false, set: true }, undefined, {
    reach: true,
  }),
  public: grant("PUBLIC", { kind: "database", database: "orders" }, ["CONNECT"], { effect: "revoke" }),
  template: grant("api", { kind: "tables", ...inApp, tables: "*" }, undefined, {
    template: { extends: ["read", { privileges: ["INSERT"] }], privileges: ["TRIGGER"] },
    reach: true,
    adopt: "fromLedger",
  }),
});

const onMysql = (inputs: Properties): Properties => ({ ...inputs, provisioner: mysqlRef() });

export const mysqlGrants = (): Record<string, Properties> => ({
  global: onMysql(grant("api", { kind: "global" }, ["PROCESS"])),
  database: onMysql(grant({ name: "api", host: "10.0.%" }, { kind: "database", database: "orders" }, ["SELECT"])),
  tables: onMysql(grant("api", { kind: "tables", database: "orders", tables: ["a", "b"] }, ["SELECT"])),
  columns: onMysql(
    grant("api", { kind: "columns", database: "orders", table: "a", columns: ["x", "y"] }, ["SELECT", "UPDATE"]),
  ),
  routines: onMysql(
    grant(
      "api",
      {
        kind: "routines",
        database: "orders",
        routines: [
          { type: "function", name: "total" },
          { type: "procedure", name: "total" },
        ],
      },
      ["EXECUTE"],
    ),
  ),
  role: onMysql(grant("api", { kind: "role", role: "reader", admin: true, default: false })),
  "partial revoke": onMysql(grant("api", { kind: "database", database: "orders" }, ["SELECT"], { effect: "revoke" })),
  template: onMysql(
    grant("api", { kind: "database", database: "orders" }, undefined, { template: { extends: ["read"] } }),
  ),
});

/** Every argument and every target on either family: what properties are tried with. */
export const everything = (): [KindName, Properties][] => [
  ...(Object.entries(valid()) as [KindName, Properties][]),
  ["DbUser", mysqlUser()],
  ["DbUser", suppliedUser()],
  ["DbUser", foreignRotation()],
  ...[...Object.values(postgresqlGrants()), ...Object.values(mysqlGrants())].map((inputs): [KindName, Properties] => [
    "DbGrant",
    inputs,
  ]),
];

/** The same value with another one at a path. */
export function withValue(inputs: Properties, path: readonly (string | number)[], value: unknown): Properties {
  const copy = structuredClone(inputs);
  let at = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  const last = path[path.length - 1];
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

/** The path of every value, at any depth. */
export function pathsOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [];
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return keys.flatMap((key) => {
    const here = [...path, key];
    return [here, ...pathsOf((value as Record<string | number, unknown>)[key], here)];
  });
}
