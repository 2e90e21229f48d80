import { accountKey, type Account } from "../access/account";
import type { LoginClaim } from "../access/claims";
import type { Operation } from "../access/operation";
import { loginAccounts, otherTurn, turnAccounts, turnName, turns } from "../access/plan";
import type { Turn } from "../access/record";
import { findAccount, type AccountState } from "../access/server";
import { currentValue } from "../credentials/current-value";
import type { StoredVersion } from "../credentials/secret-versions";
import type { EngineSession } from "../engines/engine";
import { DbAccessError } from "../errors";
import { assertAccepted } from "../engines/proof";
import type { Rotation } from "./rotation";

/** Which of two alternating logins a version of their secret names. */
export const turnOf = ({ name }: LoginClaim, { username }: StoredVersion): Turn | undefined =>
  turns.find((turn) => username === turnName(name, turn));

/** The accounts that take the new password: of alternating logins those that its version names. */
function accountsOf({ session, claim, active }: Rotation, value: StoredVersion): Account[] {
  if (active === undefined) return loginAccounts(session.facts, claim);
  return turnAccounts(session.facts, claim, turnOf(claim, value) ?? otherTurn(active));
}

async function statesOf(session: EngineSession, accounts: readonly Account[]): Promise<AccountState[]> {
  const names = [...new Set(accounts.map(({ name }) => name))];
  const state = await session.read({ names, databases: [], schemas: [], ownersOf: [] });
  const known = accounts.map((account) => findAccount(state, account));
  const missing = accounts.filter((_, index) => known[index] === undefined);
  if (missing.length > 0)
    throw new DbAccessError(
      "ObjectMissing",
      `${missing.map(accountKey).join(", ")} is gone from the server; run \`pulumi up\` to have it made again.`,
    );
  return known.filter((account) => account !== undefined);
}

/** Makes the server take the new password. Where it does already, nothing is sent: RETAIN twice would lose the old one. */
export async function setNewPassword(rotation: Rotation, value: StoredVersion): Promise<void> {
  const { session, claim, state } = rotation;
  const { password } = value;
  const accounts = await statesOf(session, accountsOf(rotation, value));
  const waiting = accounts.filter((account) => session.matches(account, password) !== "first");
  if (waiting.length === 0) return;
  const dual = claim.rotation?.strategy === "dual";
  const current = dual ? (await currentValue(state.arn)).password : undefined;
  for (const account of waiting) {
    if (current !== undefined && session.matches(account, current) === "second")
      // An earlier rotation was given up after its ALTER: what clients use has to be the first again, or it would be lost.
      await run(session, { op: "addPassword", account: account.account }, current);
    const holds = current !== undefined && session.matches(account, current) !== "no";
    // A password that somebody has set by hand is not kept beside the new one.
    await run(session, { op: holds ? "addPassword" : "setPassword", account: account.account }, password);
  }
}

const run = (session: EngineSession, operation: Operation & { account: Account }, password: string): Promise<unknown> =>
  session.run({
    operations: [operation],
    verifiers: new Map([[accountKey(operation.account), session.verifier(password)]]),
  });

/** Whether the server takes what this version of the secret says; a login that may not log in at all is not asked. */
export async function assertLogsIn(rotation: Rotation, { username, password }: StoredVersion): Promise<void> {
  const { session, claim } = rotation;
  const candidates = [
    ...loginAccounts(session.facts, claim),
    ...turns.flatMap((turn) => turnAccounts(session.facts, claim, turn)),
  ].filter(({ name }) => name === (username ?? claim.name));
  const states = await statesOf(session, candidates);
  const expired = claim.validUntil !== undefined && Date.parse(claim.validUntil) <= Date.now();
  if (claim.locked === true || expired) return;
  for (const state of states) {
    const { account } = state;
    const again = "the rotation begins again.";
    if (session.matches(state, password) === "no")
      throw new DbAccessError("NotApplied", `${account.name} has another password than its secret; ${again}`, {
        transient: true,
      });
    // From here only an account at `%` is sure to be the one that the server picks.
    if (account.host === undefined || account.host === "%") await assertAccepted(session, account, password, again);
  }
}
