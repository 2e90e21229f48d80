import fc from "fast-check";
import { PUBLIC, type Account } from "../../provisioner/access/account";
import { itemKey, type Item } from "../../provisioner/access/item";
import {
  schemaKey,
  type AccountState,
  type Family,
  type Product,
  type RelationState,
} from "../../provisioner/access/server";
import { emptyAws, type Simulated } from "./simulated-aws";

export const families = ["postgresql", "mysql"] as const;
export const products = [...families, "mariadb"] as const;
export const familyOf = (product: Product): Family => (product === "postgresql" ? "postgresql" : "mysql");
export const people = ["ann", "bob"];
/** Often the same, so that claims meet. */
export const often = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> => fc.constantFrom(usual, usual, ...others);
export const roles = ["team", "boss"];
export const databases = ["shop", "depot"];
export const tables = ["orders", "items"];

export const some = <T>(values: readonly T[], minLength = 0): fc.Arbitrary<T[]> =>
  fc.subarray([...values], { minLength });
export const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
export const schemaOf = (family: Family): string => (family === "postgresql" ? "public" : "");
const hostsOf = (family: Family): (string | undefined)[] => (family === "postgresql" ? [undefined] : ["%", "10.0.%"]);
const account = (name: string, host: string | undefined): Account => (host === undefined ? { name } : { name, host });

const accountState = (
  family: Family,
  name: string,
  host: string | undefined,
  login: boolean,
): fc.Arbitrary<AccountState> =>
  fc.record({
    account: fc.constant(account(name, host)),
    login: fc.constant(login),
    auth: fc.constant(login ? ("password" as const) : ("none" as const)),
    locked: fc.constant(false),
    requireTls: fc.boolean(),
    connectionLimit: fc.constantFrom(null, 5),
    validUntil: fc.constantFrom(...(family === "postgresql" ? [null, "2030-01-01T00:00:00.000Z"] : [null])),
    passwordExpires: fc.constantFrom(...(family === "mysql" ? [null, 30] : [null])),
    system: fc.constant(false),
    administrable: fc.constant(true),
  });

/** What may be held of each kind: the object, the column and the privileges. */
const kindsOf = (
  family: Family,
): Partial<Record<Item["kind"], { object: string[]; column?: string; held: string[] }>> => ({
  table: { object: tables, held: ["SELECT", "INSERT"] },
  column: { object: tables, column: "id", held: ["SELECT", "INSERT"] },
  routine: { object: [routineOf(family)], held: ["EXECUTE"] },
  database: {
    object: [""],
    held: family === "postgresql" ? ["CONNECT", "TEMPORARY"] : ["SELECT", "INSERT", "EXECUTE"],
  },
  ...(family === "postgresql"
    ? { sequence: { object: ["orders_id_seq"], held: ["USAGE"] }, type: { object: ["mood"], held: ["USAGE"] } }
    : { global: { object: [""], held: ["PROCESS", "SELECT"] } }),
});

const routineOf = (family: Family): string => (family === "postgresql" ? "total(integer)" : "FUNCTION total");

const isInside = (kind: Item["kind"]): boolean => kind !== "database" && kind !== "global";

const item = (family: Family): fc.Arbitrary<Item> =>
  fc.constantFrom(...Object.entries(kindsOf(family))).chain(([kind, { object, column, held }]) =>
    fc
      .record({
        name: fc.constantFrom(...people, ...roles, ...(family === "postgresql" ? ["PUBLIC"] : [])),
        host: fc.constantFrom(...hostsOf(family)),
        database: often("shop", "depot"),
        object: fc.constantFrom(...object),
        privilege: fc.constantFrom(...held),
        grantable: fc.boolean(),
      })
      .map(({ name, host, database, grantable, ...rest }) => ({
        grantee: account(name, host),
        kind: kind as Item["kind"],
        database: kind === "global" ? "" : database,
        schema: isInside(kind as Item["kind"]) ? schemaOf(family) : "",
        column: column ?? "",
        grantable: name !== "PUBLIC" && grantable,
        ...rest,
      })),
  );

const relationsOf = (family: Family, database: string, present: readonly string[]): RelationState[] => {
  const at = { database, schema: schemaOf(family), owner: family === "postgresql" ? "boss" : undefined };
  return [
    ...present.map((name): RelationState => ({ ...at, name, kind: "table", columns: ["id", "note"] })),
    { ...at, name: routineOf(family), kind: "routine" },
    ...(family === "postgresql"
      ? ([
          { ...at, name: "orders_id_seq", kind: "sequence", ownedByTable: "orders" },
          { ...at, name: "mood", kind: "type" },
        ] as const)
      : []),
  ];
};

/** A server and an empty ledger. */
export function world(product: Product): fc.Arbitrary<Simulated> {
  const family = familyOf(product);
  const account = (name: string, login: boolean): fc.Arbitrary<AccountState[]> =>
    fc
      .tuple(...hostsOf(family).map((host) => accountState(family, name, host, login)))
      .chain((all) => often(all, all.slice(1), []));
  const principals = fc.tuple(
    ...people.map((name) => account(name, true)),
    ...roles.map((name) => account(name, false)),
  );
  return fc
    .record({
      principals,
      databases: often(databases, ["shop"], []),
      tables: some(tables),
      items: fc.uniqueArray(item(family), { selector: itemKey, maxLength: 8 }),
    })
    .map((parts): Simulated => {
      const known = parts.principals.filter((accounts) => accounts.length > 0);
      const state: Simulated["state"] = {
        principals: new Map(
          known.map((accounts) => [accounts[0].account.name, { name: accounts[0].account.name, accounts }]),
        ),
        databases: new Map(parts.databases.map((name) => [name, { name, owner: "boss", connectable: true }])),
        schemas: new Map(
          parts.databases
            .filter(() => family === "postgresql")
            .map((database) => [schemaKey(database, "public"), { database, name: "public", owner: "boss" }]),
        ),
        relations: parts.databases.flatMap((database) => relationsOf(family, database, parts.tables)),
        items: [],
      };
      const grantees = new Set([...known.flat().map((one) => one.account), PUBLIC].map((one) => JSON.stringify(one)));
      state.items = parts.items.filter(
        (one) =>
          grantees.has(JSON.stringify(one.grantee)) &&
          (one.kind === "global" || state.databases.has(one.database)) &&
          (!tables.includes(one.object) || parts.tables.includes(one.object)),
      );
      return {
        cluster: "orders",
        facts: {
          family,
          product,
          version: "17.0",
          versionNumber: family === "postgresql" ? 170000 : 80031,
          admin: adminOf(family),
          adminDatabase: "postgres",
          forcesTls: true,
          iamAvailable: true,
          partialRevokes: product === "mysql",
          maxNameLength: 63,
        },
        state,
        records: [],
        foreign: [],
        missingSecrets: new Set(),
        secretProblems: new Map(),
        secrets: new Map(),
        parameters: new Map(),
        changedPasswords: new Set(),
        primary: {
          tags: { team: "orders", stage: "test" },
          policy: JSON.stringify({
            Version: "2012-10-17",
            Statement: [{ Effect: "Deny", Principal: "*", Action: "secretsmanager:DeleteSecret", Resource: "*" }],
          }),
          rotation: { schedule: "rate(8 days)" },
        },
        aws: emptyAws(),
        service: {
          host: "orders.test",
          port: 5432,
          account: "123456789012",
          partition: "aws",
          region: "eu-central-1",
          engine: "postgres",
          adminSecretArn: "arn:admin",
          secretNamePrefixes: ["rds-", "orders/"],
          rotationFunctionArn: "arn:aws:lambda:eu-central-1:123456789012:function:rotate",
        },
        firstGeneration: 1000,
      };
    });
}

const adminOf = (family: Family): Account => account("admin", family === "postgresql" ? undefined : "%");
