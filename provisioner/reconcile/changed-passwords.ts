import { accountKey, type Account } from "../access/account";
import type { LoginClaim } from "../access/claims";
import { loginAccounts, turnAccounts } from "../access/plan";
import type { ClaimRecord, CredentialRecord } from "../access/record";
import type { SecretState } from "../access/secret";
import { findAccount, type ServerState } from "../access/server";
import { currentValue } from "../credentials/current-value";
import type { EngineSession } from "../engines/engine";
import { each } from "./each";

/** A login whose secret is there, so that the server can be asked whether it takes what the secret says. */
export interface Held {
  record: ClaimRecord & { credentials: CredentialRecord; claim: LoginClaim };
  secret: SecretState;
}

/**
 * Accounts that do not take the password of their secret any more: somebody has changed it by hand. Where the server
 * shows what it stores, that is compared; elsewhere only a login can tell.
 */
export async function changedPasswords(
  session: EngineSession,
  state: ServerState,
  logins: readonly Held[],
): Promise<Set<string>> {
  const changed = new Set<string>();
  await each(
    logins.filter(({ record, secret }) => mayBeChecked(record, secret)),
    async ({ record, secret }) => {
      const accounts = accountsOf(session, record).filter((account) => canLogIn(state, account, record.claim));
      if (accounts.length === 0) return;
      const { password } = await currentValue(secret.arn);
      for (const account of accounts)
        if (await isChanged(session, state, account, password)) changed.add(accountKey(account));
    },
  );
  return changed;
}

/** Somebody else's rotation that is under way has its own order of things. */
const mayBeChecked = ({ claim, retained }: Held["record"], { pendingVersionId }: SecretState): boolean =>
  !retained && (claim.rotation?.functionArn === undefined || pendingVersionId === undefined);

/** Those that the secret names: with alternating logins, the one whose turn it is. */
function accountsOf({ facts }: EngineSession, { claim, credentials }: Held["record"]): Account[] {
  if (credentials.active !== undefined) return turnAccounts(facts, claim, credentials.active);
  return loginAccounts(facts, claim);
}

function canLogIn(state: ServerState, account: Account, claim: LoginClaim): boolean {
  const known = findAccount(state, account);
  const expired = claim.validUntil !== undefined && Date.parse(claim.validUntil) <= Date.now();
  return known !== undefined && known.login && !known.locked && known.auth === "password" && !expired;
}

async function isChanged(
  session: EngineSession,
  state: ServerState,
  account: Account,
  password: string,
): Promise<boolean> {
  const known = findAccount(state, account);
  const stored = known === undefined ? undefined : session.matches(known, password);
  if (stored !== undefined) return stored === "no";
  // Elsewhere than at `%` the server may pick another account for a login from here.
  if (account.host !== undefined && account.host !== "%") return false;
  return (await session.probe(account, password)) === "refused";
}
