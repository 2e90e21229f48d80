import { databaseOf, isClusterWide, type Operation } from "../../access/operation";
import { DbAccessError } from "../../errors";
import type { Unit } from "../engine";
import type { Context } from "./context";
import { createNewDatabase, dropWholeDatabase, giveDatabase } from "./databases";
import { dropPrincipal } from "./drop";
import { LockOutGuard, proveLogin, touchesIam } from "./iam";
import { addOperations, runsInTransaction, subjectsOf, waysBackFromIam, type InTransaction } from "./operations";
import { OwnerWork } from "./owner-work";
import { resolve, type Resolved } from "./resolve";
import { endAllSessions } from "./sessions";
import { runTransaction } from "./transaction";

/** What runs together: neighbours that a transaction can hold, or one operation that brings its own. */
function partsOf(operations: readonly Operation[]): (InTransaction[] | Exclude<Operation, InTransaction>)[] {
  const parts: (InTransaction[] | Exclude<Operation, InTransaction>)[] = [];
  for (const operation of operations) {
    const last = parts.at(-1);
    if (!runsInTransaction(operation)) parts.push(operation);
    else if (Array.isArray(last)) last.push(operation);
    else parts.push([operation]);
  }
  return parts;
}

/** The one database that the unit enters, or undefined. */
function databaseOfUnit(unit: Unit): string | undefined {
  const names = new Set<string>();
  for (const operation of unit.operations) {
    const name = databaseOf(operation);
    if (name !== undefined) names.add(name);
    if ("items" in operation) for (const item of operation.items) if (!isClusterWide(item)) names.add(item.database);
  }
  if (names.size > 1)
    throw new DbAccessError("Unexpected", `One unit may enter one database only, not ${[...names].join(", ")}.`);
  return [...names][0];
}

/** In order, stopping at the first failure. Resolves with what the server warned about. */
export async function runUnit(context: Context, unit: Unit): Promise<string[]> {
  const database = databaseOfUnit(unit) ?? context.connections.adminDatabase;
  const warnings: string[] = [];
  for (const part of partsOf(unit.operations)) {
    context.lock.assertNotLost();
    warnings.push(
      ...(Array.isArray(part) ? await runTogether(context, part, unit, database) : await runAlone(context, part)),
    );
  }
  return warnings;
}

async function runAlone(context: Context, operation: Exclude<Operation, InTransaction>): Promise<string[]> {
  switch (operation.op) {
    case "createDatabase":
      return createNewDatabase(context, operation.database, operation.charset);
    case "setDatabaseOwner":
      return giveDatabase(context, operation.database, operation.owner);
    case "dropDatabase":
      return dropWholeDatabase(context, operation.database);
    case "endSessions":
      return endAllSessions(context, operation.account.name);
    case "dropPrincipal":
      return dropPrincipal(context, operation.account.name);
  }
}

const nothingResolved: Resolved = { owners: new Map(), roles: new Map(), databaseOwner: "", createsSchemas: false };

async function runTogether(
  context: Context,
  part: readonly InTransaction[],
  unit: Unit,
  database: string,
): Promise<string[]> {
  const { connections, facts, adminUsesIam } = context;
  const connection = await connections.to(database);
  const operations = await waysBackFromIam(context, part);
  const subjects = subjectsOf(operations, facts);
  const resolved = subjects === undefined ? nothingResolved : await resolve(connection, facts, subjects);
  const work = new OwnerWork(facts, resolved.roles, adminUsesIam);
  addOperations(work, operations, { facts, resolved, verifiers: unit.verifiers });
  const statements = work.finish();
  if (statements.length === 0) return [];
  const guarded = facts.iamExists && !adminUsesIam && operations.some(touchesIam);
  const lockOut = guarded ? await LockOutGuard.prepare(connection, facts) : undefined;
  try {
    await runTransaction(
      connection,
      statements,
      `changing roles and privileges on database ${database}`,
      lockOut?.guard(),
    );
  } catch (error) {
    throw inTermsOf(operations, error);
  }
  const warnings = connection.takeWarnings();
  if (lockOut?.needsProof === true) await proveLogin(context, connection, operations);
  return warnings;
}

/** Says what the failure means for these operations, where the server's code alone cannot. */
function inTermsOf(operations: readonly InTransaction[], error: unknown): unknown {
  if (!(error instanceof DbAccessError)) return error;
  const details = { serverCode: error.serverCode, transient: error.transient };
  const named = (op: "createLogin" | "createRole"): string => {
    const names = operations.flatMap((operation) => (operation.op === op ? [operation.account.name] : []));
    return names.length > 3
      ? `one of ${names.slice(0, 3).join(", ")} and ${names.length - 3} more`
      : names.join(" or ");
  };
  if (error.code === "UserExists" && named("createLogin") === "")
    return new DbAccessError(
      "RoleExists",
      `The role is there already: ${named("createRole")}. Set adopt: true to take it over.`,
      details,
    );
  if (error.code === "UserExists")
    return new DbAccessError(
      "UserExists",
      `The user is there already: ${named("createLogin")}. Set adopt: true to take it over, which resets its password.`,
      details,
    );
  if (error.code === "DependentPrivileges" && operations.some((operation) => "cascade" in operation))
    return new DbAccessError(error.code, `${error.message} Set cascade: true to take that back too.`, details);
  if (error.code === "DependentPrivileges" && operations.some((operation) => operation.op === "dropSchema"))
    return new DbAccessError(
      "OwnsObjects",
      `The schema still holds objects; drop or move them first. ${error.message}`,
      details,
    );
  return error;
}
