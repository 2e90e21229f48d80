import { PUBLIC } from "../../provisioner/access/account";
import type { Item } from "../../provisioner/access/item";
import type { Operation } from "../../provisioner/access/operation";
import type { Facts } from "../../provisioner/engines/postgresql/facts";
import { knownQuery } from "../../provisioner/engines/postgresql/known";
import { readClaims, removeClaims, takeOver, writeClaims } from "../../provisioner/engines/postgresql/ledger-sql";
import { inDatabase } from "../../provisioner/engines/postgresql/objects";
import { addOperations, runsInTransaction } from "../../provisioner/engines/postgresql/operations";
import { OwnerWork } from "../../provisioner/engines/postgresql/owner-work";
import { clusterQuery } from "../../provisioner/engines/postgresql/read-cluster";
import { databaseQuery } from "../../provisioner/engines/postgresql/read-database";
import {
  resolveQuery,
  subjectKey,
  subjectOf,
  type Resolved,
  type RoleFacts,
} from "../../provisioner/engines/postgresql/resolve";
import * as sql from "../../provisioner/engines/postgresql/statements";
import type { ReadQuery } from "../../provisioner/access/server";
import { signatureOf, type Names } from "./claims";

export const postgresqlFacts: Facts = {
  family: "postgresql",
  product: "postgresql",
  version: "17.1",
  versionNumber: 170001,
  admin: { name: "admin" },
  adminDatabase: "postgres",
  forcesTls: true,
  iamAvailable: true,
  maxNameLength: 63,
  memberOptions: true,
  parameterAcls: true,
  adminCreatesRoles: true,
  iamExists: true,
};

const verifier = `SCRAM-SHA-256$4096:${"a".repeat(22)}==$${"b".repeat(43)}=:${"c".repeat(43)}=`;

const roleFacts = (name: string): RoleFacts => ({
  name,
  superuser: false,
  iam: false,
  canSet: false,
  inherits: false,
  adminThrough: "admin",
  held: [],
});

const itemsIn = (operations: readonly Operation[]): Item[] =>
  operations.flatMap((operation) => ("items" in operation ? operation.items : []));

/** Everything belongs to the role, which the provisioner has to become. */
const resolvedFor = (operations: readonly Operation[], { role, login, schema }: Names): Resolved => ({
  owners: new Map([
    ...itemsIn(operations).flatMap((item): [string, string][] => {
      const subject = subjectOf(item);
      return subject === undefined ? [] : [[subjectKey(...subject), role]];
    }),
    [subjectKey("schema", "", schema), role],
  ]),
  roles: new Map([role, login].map((name) => [name, roleFacts(name)])),
  databaseOwner: role,
  createsSchemas: false,
});

/** What the engine sends for the operations; those with a transaction of their own by their last words. */
export function postgresqlStatements(operations: readonly Operation[], names: Names): string[] {
  const resolved = resolvedFor(operations, names);
  return operations.flatMap((operation): string[] => {
    if (runsInTransaction(operation)) {
      const work = new OwnerWork(postgresqlFacts, resolved.roles, false);
      const verifiers = new Map([[names.login, verifier]]);
      addOperations(work, [operation], { facts: postgresqlFacts, resolved, verifiers });
      return work.finish().map(({ text }) => text);
    }
    switch (operation.op) {
      case "createDatabase":
        return [sql.createDatabase(operation.database, operation.charset ?? "UTF8")];
      case "setDatabaseOwner":
        return [sql.setDatabaseOwner(operation.database, operation.owner).text];
      case "dropDatabase":
        return [sql.dropDatabase(operation.database)];
      case "endSessions":
        return [sql.endSessions(operation.account.name)];
      case "reassignOwned":
        return [sql.reassignOwned(operation.account.name, operation.to).text];
      case "dropOwned":
        return [sql.dropOwned(operation.account.name).text];
      case "dropPrincipal":
        return [sql.dropRole(operation.account.name).text];
      default:
        return [];
    }
  });
}

/** The questions that a batch with these names asks of the server and of the ledger. */
export function postgresqlQuestions(names: Names): string[] {
  const { login, role, database, schema, object, text } = names;
  const query: ReadQuery = {
    names: [login, role, PUBLIC.name],
    databases: [database],
    schemas: [{ database, schema, routines: true, types: true }],
    ownersOf: [],
    columnsOf: [{ database, schema, table: object }],
    largeObjects: [{ database, oid: 4711 }],
    parameters: [text],
  };
  const base = { grantee: { name: login }, database, schema, column: "", privilege: "EXECUTE", grantable: false };
  const items: Item[] = [
    { ...base, kind: "routine", object: signatureOf(names), grantor: role },
    { ...base, kind: "parameter", object: text },
  ];
  const claim = { kind: "login" as const, name: login, auth: { kind: "iam" as const }, deletion: "drop" as const };
  const record = {
    ...{ id: text, owner: role, kind: "login" as const, grantee: login, database, state: "done" as const },
    ...{ generation: 1, adopted: false, retained: false, claim, items: [] },
  };
  return [
    clusterQuery(postgresqlFacts, query),
    databaseQuery(inDatabase(query, database)),
    knownQuery(postgresqlFacts, query),
    resolveQuery(postgresqlFacts, { items, schemas: [schema], databases: [database], roles: [role] }),
    readClaims(object, { ids: [text], idPrefixes: [], owners: [role], grantees: [login] }),
    writeClaims([record]),
    removeClaims([text]),
    takeOver(text),
  ];
}
