import { accountKey } from "../../access/account";
import type { Item } from "../../access/item";
import type { Operation } from "../../access/operation";
import { DbAccessError } from "../../errors";
import type { Context } from "./context";
import type { Facts } from "./facts";
import { addGrants, addRevokes } from "./items";
import type { OwnerWork } from "./owner-work";
import { readCluster } from "./read-cluster";
import { subjectKey, subjectOf, type Resolved, type Subjects } from "./resolve";
import { setSettings } from "./settings";
import * as sql from "./statements";

const alone = [
  "createDatabase",
  "setDatabaseOwner",
  "dropDatabase",
  "endSessions",
  "reassignOwned",
  "dropOwned",
  "dropPrincipal",
] as const;

/** Operations whose statements a transaction can hold together with others. */
export type InTransaction = Exclude<Operation, { op: (typeof alone)[number] }>;

export const runsInTransaction = (operation: Operation): operation is InTransaction =>
  !alone.some((name) => name === operation.op);

/** What has to be looked up before the statements can be written, or undefined for nothing. */
export function subjectsOf(operations: readonly InTransaction[], facts: Facts): Subjects | undefined {
  const items = operations.flatMap((operation): Item[] => ("items" in operation ? operation.items : []));
  const schemas = operations.flatMap((operation) => ("schema" in operation ? [operation.schema] : []));
  const roles = operations.flatMap((operation) =>
    "owner" in operation && operation.owner !== undefined ? [operation.owner] : [],
  );
  const ownersMatter = items.some(
    (item) =>
      subjectOf(item) !== undefined ||
      item.creator !== undefined ||
      item.kind === "parameter" ||
      (item.grantor !== undefined && item.grantor !== facts.admin.name),
  );
  return ownersMatter || schemas.length > 0 ? { items, schemas, databases: [], roles } : undefined;
}

/**
 * The way back from IAM is the end of a membership and a password. From 16 on a membership has to be taken back as
 * whoever granted it, which is looked up.
 */
export async function waysBackFromIam(
  context: Context,
  operations: readonly InTransaction[],
): Promise<InTransaction[]> {
  const names = operations.flatMap((operation) =>
    operation.op === "setAuth" && operation.auth === "password" ? [operation.account.name] : [],
  );
  if (names.length === 0) return [...operations];
  const query = { names, databases: [], schemas: [], ownersOf: [] };
  const { items } = await readCluster(await context.connections.admin(), context.facts, query);
  return operations.flatMap((operation): InTransaction[] => {
    if (operation.op !== "setAuth" || operation.auth !== "password") return [operation];
    const held = items.filter(
      (item) => item.object === sql.iamRole && accountKey(item.grantee) === accountKey(operation.account),
    );
    return [
      { op: "revoke", items: held, cascade: false },
      { op: "setPassword", account: operation.account },
    ];
  });
}

export interface OperationContext {
  facts: Facts;
  resolved: Resolved;
  /** `accountKey` to verifier. */
  verifiers: ReadonlyMap<string, string>;
}

export function addOperations(work: OwnerWork, operations: readonly InTransaction[], context: OperationContext): void {
  const creates = operations.some(({ op }) => op === "createLogin" || op === "createRole");
  // A setting of the login could otherwise leave it a standing member of every role it creates.
  if (creates && context.facts.memberOptions) work.add(sql.plainStatement("SET LOCAL createrole_self_grant = ''"));
  for (const operation of operations) addOperation(work, operation, context);
  // Last and together: between statements that carry verifiers each would be a message of its own.
  for (const operation of operations) {
    if (operation.op === "createLogin")
      work.add(...setSettings(operation.account.name, operation.attributes.settings ?? {}));
    if (operation.op === "createLogin" || operation.op === "createRole")
      work.add(sql.commentOnRole(operation.account.name, operation.comment));
  }
}

function addOperation(
  work: OwnerWork,
  operation: InTransaction,
  { facts, resolved, verifiers }: OperationContext,
): void {
  switch (operation.op) {
    case "createLogin": {
      const { account, attributes } = operation;
      if (operation.auth === "password")
        return work.add(sql.createPasswordLogin(account.name, attributes, verifiers.get(accountKey(account))));
      assertIam(facts);
      return work.add(...sql.createIamLogin(account.name, attributes));
    }
    case "createRole":
      return work.add(sql.createRole(operation.account.name));
    case "alterLogin": {
      const { account, attributes } = operation;
      return work.add(
        ...sql.alterLogin(account.name, attributes),
        ...setSettings(account.name, attributes.settings ?? {}),
      );
    }
    case "renameAccount":
      throw new DbAccessError("NotSupported", "A login has no hosts on PostgreSQL, so none can be changed.");
    case "setPassword":
      return work.add(sql.setPassword(operation.account.name, verifiers.get(accountKey(operation.account))));
    case "addPassword":
    case "discardPassword":
      throw new DbAccessError(
        "NotSupported",
        "A role of PostgreSQL has one password only. Rotate it with two alternating logins.",
      );
    case "setAuth":
      assertIam(facts);
      return work.add(sql.clearPassword(operation.account.name), sql.grantIam(operation.account.name));
    case "lockLogin":
      return work.add(...sql.alterLogin(operation.account.name, { locked: true }));
    case "createSchema":
      return createSchema(work, operation.schema, operation.owner, facts, resolved);
    case "setSchemaOwner":
      return setSchemaOwner(work, operation.schema, operation.owner, facts, resolved);
    case "dropSchema": {
      const owner = resolved.owners.get(subjectKey("schema", "", operation.schema));
      if (owner !== undefined) work.addAs(owner, [sql.dropSchema(operation.schema)]);
      return;
    }
    case "grant":
      return addGrants(work, operation.items, facts, resolved);
    case "revoke":
    case "revokeGrantOption": {
      const options = { cascade: operation.cascade, optionOnly: operation.op === "revokeGrantOption" };
      return addRevokes(work, operation.items, options, facts, resolved);
    }
  }
}

function assertIam({ iamAvailable, iamExists, admin }: Facts): void {
  if (iamAvailable) return;
  const fix = iamExists
    ? `the provisioner's login ${admin.name} may not grant ${sql.iamRole}; grant it that role with ADMIN OPTION`
    : "switch on IAM database authentication for this server";
  throw new DbAccessError("IamUnavailable", `IAM logins are not possible here: ${fix}.`);
}

/** The database's owner may create schemas; the provisioner's login only when it has been granted that. */
function createSchema(
  work: OwnerWork,
  schema: string,
  owner: string | undefined,
  facts: Facts,
  resolved: Resolved,
): void {
  const { databaseOwner, createsSchemas, owners } = resolved;
  owners.set(subjectKey("schema", "", schema), owner ?? facts.admin.name);
  if (owner !== undefined && owner === databaseOwner) return work.addAs(owner, [sql.createSchema(schema, undefined)]);
  if (!createsSchemas) work.inheritFrom(databaseOwner);
  if (owner !== undefined) work.giveTo(owner);
  work.add(sql.createSchema(schema, owner));
}

/** Takes the rights of the present owner, of the next one, and that of creating schemas in the database. */
function setSchemaOwner(work: OwnerWork, schema: string, owner: string, { admin }: Facts, resolved: Resolved): void {
  const key = subjectKey("schema", "", schema);
  const present = resolved.owners.get(key) ?? admin.name;
  if (!resolved.createsSchemas) work.inheritFrom(resolved.databaseOwner);
  work.inheritFrom(present);
  work.giveTo(owner);
  work.add(sql.setSchemaOwner(schema, owner));
  resolved.owners.set(key, owner);
}
