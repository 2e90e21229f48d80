import { databaseOf, isClusterWide, type Operation } from "../../access/operation";
import { DbAccessError } from "../../errors";
import type { Unit } from "../engine";
import type { Connection } from "./connection";
import type { Context } from "./context";
import { createNewDatabase, dropWholeDatabase, giveDatabase } from "./databases";
import { dropPrincipal } from "./drop";
import { dropEverythingOwned } from "./drop-owned";
import { LockOutGuard, proveLogin, touchesIam } from "./iam";
import { addOperations, runsInTransaction, subjectsOf, waysBackFromIam, type InTransaction } from "./operations";
import { OwnerWork } from "./owner-work";
import { giveEverythingOwned } from "./reassign";
import type { Reading } from "./read";
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

export interface Outcome {
  /** What the server warned about. */
  warnings: string[];
  /** The reading has been opened. */
  opened: boolean;
}

/** In order, stopping at the first failure. A reading travels with the last transaction, if that is what comes last. */
export async function runUnit(context: Context, unit: Unit, reading?: Reading): Promise<Outcome> {
  const database = databaseOfUnit(unit);
  const outcome: Outcome = { warnings: [], opened: false };
  const parts = partsOf(unit.operations);
  for (const [index, operations] of parts.entries()) {
    context.lock.assertNotLost();
    if (!Array.isArray(operations)) {
      context.known.forget();
      outcome.warnings.push(...(await runAlone(context, operations)));
      continue;
    }
    const { warnings, opened } = await runTogether(context, {
      operations,
      unit,
      database,
      reading: index === parts.length - 1 ? reading : undefined,
    });
    outcome.warnings.push(...warnings);
    outcome.opened = opened;
  }
  return outcome;
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
    case "reassignOwned":
      return giveEverythingOwned(context, operation.account.name, operation.to);
    case "dropOwned":
      return dropEverythingOwned(context, operation.account.name);
    case "dropPrincipal":
      return dropPrincipal(context, operation.account.name);
  }
}

const nothingResolved: Resolved = { owners: new Map(), roles: new Map(), databaseOwner: "", createsSchemas: false };

interface Together {
  operations: readonly InTransaction[];
  unit: Unit;
  /** The database it has to run in; any will do for what is cluster-wide. */
  database: string | undefined;
  reading: Reading | undefined;
}

async function runTogether(context: Context, { unit, reading, ...together }: Together): Promise<Outcome> {
  const { connections, facts, known, adminUsesIam } = context;
  const database = together.database ?? known.database ?? connections.adminDatabase;
  const connection = await connections.to(database);
  const operations = await waysBackFromIam(context, together.operations);
  const resolved = await lookUp(context, connection, operations);
  const work = new OwnerWork(facts, resolved.roles, adminUsesIam);
  addOperations(work, operations, { facts, resolved, verifiers: unit.verifiers });
  const statements = work.finish();
  if (statements.length === 0) return { warnings: [], opened: false };
  const lockOut = facts.iamExists && !adminUsesIam && operations.some(touchesIam) ? new LockOutGuard(facts) : undefined;
  known.forget();
  try {
    await runTransaction(connection, statements, stepOf(together.database), {
      guard: lockOut,
      afterwards: reading?.opening(database),
    });
  } catch (error) {
    throw inTermsOf(operations, error);
  }
  const warnings = connection.takeWarnings();
  if (lockOut?.needsProof === true) await proveLogin(context, connection, operations);
  return { warnings, opened: reading !== undefined };
}

const stepOf = (database: string | undefined): string =>
  `changing roles and privileges${database === undefined ? "" : ` on database ${database}`}`;

/** From the last reading, or by a message of its own when that did not see everything. */
async function lookUp(
  { known, facts }: Context,
  connection: Connection,
  operations: readonly InTransaction[],
): Promise<Resolved> {
  const subjects = subjectsOf(operations, facts);
  if (subjects === undefined) return nothingResolved;
  const made = operations.flatMap((operation) =>
    operation.op === "createLogin" || operation.op === "createRole" ? [operation.account.name] : [],
  );
  return known.resolve(connection.database, subjects, { roles: made }) ?? resolve(connection, facts, subjects);
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
