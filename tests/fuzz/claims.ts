import type { Claim, GrantClaim, Target } from "../../provisioner/access/claims";
import type { Family, RelationState } from "../../provisioner/access/server";

/** The names that a set of claims is made of; each list of names has one, because lists are sorted. */
export interface Names {
  login: string;
  role: string;
  database: string;
  schema: string;
  object: string;
  column: string;
  text: string;
}

export const nameCount = 7;

export function namesOf(texts: readonly string[]): Names {
  const [login, role, database, schema, object, column, text] = texts;
  return { login, role, database, schema, object, column, text };
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** As the server writes a signature whose names need quotes, with an argument of a type of that name. */
export const signatureOf = ({ object, column }: Names): string => `${quoted(object)}(${quoted(column)}, integer)`;

/** What there is on the server, so that every target exists. */
export function relationsOf(family: Family, names: Names): RelationState[] {
  const { database, schema, object, column, role } = names;
  if (family === "mysql") {
    const at = { database, schema: "" };
    return [
      { ...at, name: object, kind: "table", columns: [column] },
      { ...at, name: `FUNCTION ${object.toLowerCase()}`, kind: "routine" },
    ];
  }
  const at = { database, schema, owner: role };
  return [
    { ...at, name: object, kind: "table", columns: [column] },
    { ...at, name: object, kind: "sequence" },
    { ...at, name: signatureOf(names), kind: "routine" },
    { ...at, name: object, kind: "type" },
    { ...at, schema: "", name: "4711", kind: "largeObject" },
  ];
}

const common = ({ database, object, column, role }: Names, schema: string | undefined): Target[] => [
  { kind: "database", database },
  { kind: "tables", database, schema, tables: [object] },
  { kind: "tables", database, schema, tables: "*" },
  { kind: "columns", database, schema, table: object, columns: [column] },
  { kind: "role", role },
];

const postgresqlTargets = (names: Names): Target[] => {
  const { database, schema, object, role, text } = names;
  const future = { createdBy: [role] };
  return [
    ...common(names, schema),
    { kind: "schema", database, schema },
    { kind: "tables", database, schema, tables: "*", future },
    { kind: "tables", database, tables: "*", future },
    { kind: "sequences", database, schema, sequences: [object] },
    { kind: "routines", database, schema, routines: [signatureOf(names)] },
    { kind: "routines", database, schema, routines: "*", future },
    { kind: "types", database, schema, types: [object], future },
    { kind: "largeObjects", database, oids: [4711] },
    { kind: "parameters", parameters: [text] },
  ];
};

const mysqlTargets = (names: Names): Target[] => [
  ...common(names, undefined),
  { kind: "global" },
  { kind: "routines", database: names.database, routines: [{ type: "function", name: names.object }] },
];

const privilegeOf: Record<Target["kind"], string | undefined> = {
  global: "PROCESS",
  database: "CREATE",
  schema: "USAGE",
  tables: "SELECT",
  columns: "UPDATE",
  sequences: "USAGE",
  routines: "EXECUTE",
  types: "USAGE",
  largeObjects: "UPDATE",
  parameters: "SET",
  role: undefined,
};

/** Every kind of claim, with a hostile name or text in every place that takes one. */
export function claimsOf(family: Family, names: Names): Record<string, Claim> {
  const { login, role, database, schema, text } = names;
  const targets = family === "postgresql" ? postgresqlTargets(names) : mysqlTargets(names);
  const grants = targets.map((on, at): [string, GrantClaim] => [
    `${at} grant on ${on.kind}`,
    {
      kind: "grant",
      grantee: login,
      on,
      mode: "additive",
      ...(privilegeOf[on.kind] === undefined ? {} : { privileges: [privilegeOf[on.kind] ?? ""], withGrantOption: true }),
    },
  ]);
  const attributes = family === "postgresql" ? { settings: { search_path: quoted(text), "app.tenant": text } } : {};
  return {
    login: { kind: "login", name: login, auth: { kind: "password" }, database, deletion: "drop", ...attributes },
    role: { kind: "role", name: role, deletion: "drop" },
    database: { kind: "database", name: database, owner: role, deletion: "drop" },
    ...(family === "postgresql" ? { schema: { kind: "schema", database, name: schema, owner: role, deletion: "drop" } } : {}),
    ...(family === "mysql"
      ? { host: { kind: "grant", grantee: { name: login, host: text }, on: targets[0], privileges: ["SELECT"], mode: "additive" } }
      : { public: { kind: "grant", grantee: "PUBLIC", on: targets[1], privileges: ["SELECT"], mode: "additive" } }),
    ...Object.fromEntries(grants),
  };
} // prettier-ignore
