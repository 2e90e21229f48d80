import { accountKey, accountWords, type Account } from "../../access/account";
import { DbAccessError } from "../../errors";
import { isMariaDb, type MySqlFacts } from "./facts";
import { accountSql, literalSql } from "./names";
import type { Refusal, Statement } from "./statement";
import { isVerifier } from "./verifier";

interface PasswordContext {
  facts: MySqlFacts;
  /** `accountKey` to verifier. */
  verifiers: Map<string, string>;
}

/** Never without it: an account made without an authentication clause has an empty password. */
export function passwordClause(account: Account, { facts, verifiers }: PasswordContext): string {
  const verifier = verifiers.get(accountKey(account));
  if (verifier === undefined || !isVerifier(verifier))
    throw new DbAccessError("Unexpected", `There is no verifier for ${accountWords(account)}.`);
  if (isMariaDb(facts)) return `IDENTIFIED VIA mysql_native_password USING ${literalSql(verifier)}`;
  return `IDENTIFIED WITH caching_sha2_password AS 0x${Buffer.from(verifier, "latin1").toString("hex").toUpperCase()}`;
}

export function iamClause(facts: MySqlFacts): string {
  if (!facts.iamAvailable)
    throw new DbAccessError(
      "IamUnavailable",
      "The server has no AWSAuthenticationPlugin. Enable IAM database authentication on the cluster, or use a password.",
    );
  return "IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS'";
}

export const missing = (account: Account): Refusal => ({
  errno: 1396,
  code: "ObjectMissing",
  message: `The login ${accountWords(account)} does not exist any more.`,
  transient: true,
});

/**
 * The old secondary password goes first: the change of the primary one is what the next reading sees, so it must be the
 * last step.
 */
export function setPassword(account: Account, context: PasswordContext): Statement[] {
  const step = `setting the password of ${accountWords(account)}`;
  const sql = `ALTER USER ${accountSql(account, context.facts)} ${passwordClause(account, context)}`;
  const change = { step, sql, refusals: [missing(account)] };
  return isMariaDb(context.facts) ? [change] : [{ ...discardPassword(account, context.facts), step }, change];
}

function assertDual({ dualPasswords, product }: MySqlFacts): void {
  if (dualPasswords === true) return;
  throw new DbAccessError(
    "NotSupported",
    product === "mariadb"
      ? "An account of MariaDB has one password only. Rotate it with two alternating logins."
      : "The server has no caching_sha2_password. Enable the plugin.",
  );
}

/**
 * The password so far stays valid as the second one. Not to be repeated without looking: a second run would move the new
 * password to the second place and end the one that is in use.
 */
export function addPassword(account: Account, context: PasswordContext): Statement {
  assertDual(context.facts);
  const words = accountWords(account);
  return {
    step: `adding a password to ${words}`,
    sql: `ALTER USER ${accountSql(account, context.facts)} ${passwordClause(account, context)} RETAIN CURRENT PASSWORD`,
    refusals: [
      missing(account),
      cannotRetain(3894, `${words} does not log in with caching_sha2_password`),
      cannotRetain(3878, `${words} has no password so far`),
    ],
  };
}

const cannotRetain = (errno: number, reason: string): Refusal => ({
  errno,
  code: "NotSupported",
  message: `No second password is possible: ${reason}. Reset the password once (raise passwordVersion); it can be rotated from then on.`,
  transient: false,
});

/** Succeeds as well when there is no second password. */
export function discardPassword(account: Account, facts: MySqlFacts): Statement {
  if (isMariaDb(facts)) assertDual(facts);
  return {
    step: `ending the second password of ${accountWords(account)}`,
    sql: `ALTER USER ${accountSql(account, facts)} DISCARD OLD PASSWORD`,
    refusals: [missing(account)],
  };
}

export const setIam = (account: Account, facts: MySqlFacts): Statement => ({
  step: `switching ${accountWords(account)} to IAM authentication`,
  sql: `ALTER USER ${accountSql(account, facts)} ${iamClause(facts)} REQUIRE SSL`,
  refusals: [missing(account)],
});
