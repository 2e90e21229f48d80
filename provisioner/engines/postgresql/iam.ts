import type { Operation } from "../../access/operation";
import { DbAccessError } from "../../errors";
import { part, type Connection, type Part } from "./connection";
import type { Context } from "./context";
import { dropPrincipal } from "./drop";
import type { Facts } from "./facts";
import { revokeStatements } from "./grants";
import { iamRole, plainStatement, revokeIam } from "./statements";
import { runTransaction, type Guard } from "./transaction";

interface IamStanding {
  /** What pg_hba.conf looks at with `+rds_iam`; ADMIN alone counts. */
  member: boolean;
  /** A member by more than ADMIN. */
  reached: boolean;
  /** Somebody is an IAM user already, and the provisioner could log in all the same. */
  users: boolean;
}

/** A setting of the transaction alone. */
const reachedBefore = "db_access.reached_iam";

const standing = (facts: Facts): string => {
  const has = (mode: string): string => `coalesce(pg_has_role(iam.oid, '${mode}'), false)`;
  return `(SELECT ${has("MEMBER")} AS member,
    ${facts.memberOptions ? `${has("USAGE")} OR ${has("SET")}` : has("MEMBER")} AS reached,
    EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE m.roleid = iam.oid AND r.rolcanlogin) AS users
  FROM (SELECT to_regrole('${iamRole}')::oid AS oid) iam) standing`;
};

/** An IAM login or a membership: the only operations that can make the provisioner a member of `rds_iam`. */
export const touchesIam = (operation: Operation): boolean =>
  (operation.op === "createLogin" && operation.auth === "iam") ||
  (operation.op === "setAuth" && operation.auth === "iam") ||
  (operation.op === "grant" && operation.items.some((item) => item.kind === "role"));

/**
 * Every member of `rds_iam`, however indirect, can log in by IAM only. A provisioner that logs in with a password and
 * becomes one has locked itself out, and everybody else who administers the server with that login. So the transaction
 * itself compares, and fails before COMMIT; plain SQL has no other way to fail than an error such as a division by zero.
 */
export class LockOutGuard implements Guard {
  readonly before: Part;
  readonly after: Part;
  private first: IamStanding | undefined;
  private last: IamStanding | undefined;

  constructor(private readonly facts: Facts) {
    this.before = part<IamStanding>(
      `SELECT *, set_config('${reachedBefore}', reached::text, true) FROM ${standing(facts)}`,
      ([row]) => (this.first = row),
    );
    this.after = part<IamStanding>(
      `SELECT *, 1 / (NOT reached OR current_setting('${reachedBefore}')::boolean)::int FROM ${standing(facts)}`,
      ([row]) => (this.last = row),
    );
  }

  explain(error: unknown): unknown {
    if (!(error instanceof DbAccessError) || error.serverCode !== "22012") return error;
    return new DbAccessError(
      "IamUnavailable",
      `This would make the provisioner's login ${this.facts.admin.name} a member of ${iamRole} and lock it out; nothing was changed. ` +
        "Take that login's membership in the user or role away first.",
    );
  }

  /** Whether only a second login can tell that the provisioner still gets in. */
  get needsProof(): boolean {
    const { first, last } = this;
    return (
      first !== undefined && last !== undefined && ((last.member && !first.member) || (last.users && !first.users))
    );
  }
}

/**
 * A second login, while the first is still open to take back what was done. Asked for after the first IAM user of a
 * cluster: whether membership by ADMIN alone counts is decided by the order of lines in pg_hba.conf, which no query shows.
 */
export async function proveLogin(
  context: Context,
  connection: Connection,
  operations: readonly Operation[],
): Promise<void> {
  let cause: DbAccessError;
  try {
    const second = await context.connections.another();
    await second.close();
    return;
  } catch (error) {
    if (!(error instanceof DbAccessError)) throw error;
    cause = error;
  }
  const created = operations.flatMap((operation) =>
    operation.op === "createLogin" && operation.auth === "iam" ? [operation.account.name] : [],
  );
  const converted = operations.flatMap((operation) =>
    operation.op === "setAuth" && operation.auth === "iam" ? [operation.account.name] : [],
  );
  const memberships = operations.flatMap((operation) =>
    operation.op === "grant" ? operation.items.filter((item) => item.kind === "role") : [],
  );
  const undo = [
    ...[...created, ...converted].map(revokeIam),
    ...revokeStatements(memberships, { cascade: false, optionOnly: false }).map(plainStatement),
  ];
  await runTransaction(connection, undo, "taking back what locked the provisioner out");
  for (const name of created) await dropPrincipal(context, name);
  const resets = converted.length === 0 ? "" : ` The password of ${converted.join(", ")} is gone; set it again.`;
  throw new DbAccessError(
    "IamUnavailable",
    `After this change the provisioner could no longer log in (${cause.message}), so it was taken back. Put the provisioner's login ` +
      `before +rds_iam in pg_hba.conf, or let it log in by IAM.${resets}`,
    { serverCode: cause.serverCode, transient: cause.transient },
  );
}
