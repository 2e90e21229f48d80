import { accountKey, type Account } from "../access/account";
import type { LoginClaim } from "../access/claims";
import type { Operation } from "../access/operation";
import { endOfFormer, loginAccounts, otherTurn, turnAccounts, turnName, turns } from "../access/plan";
import type { ClaimRecord } from "../access/record";
import { findAccount, type ServerState } from "../access/server";
import { generatePassword } from "../credentials/password";
import type { EngineSession } from "../engines/engine";
import type { RotatableRecord } from "./owned";

/** A login whose former password, or former login, has worked long enough. */
export const isGraceOver = ({ credentials, retained }: ClaimRecord, now = Date.now()): boolean =>
  !retained && credentials?.grace !== undefined && Date.parse(credentials.grace.until) <= now;

export interface EndedGrace {
  record: RotatableRecord;
  words: string;
}

/** Ends what the grace period was for. Running it again does nothing more. Undefined for a row without one. */
export async function endGrace(session: EngineSession, record: ClaimRecord): Promise<EndedGrace | undefined> {
  const { claim, credentials } = record;
  if (claim.kind !== "login" || credentials?.grace === undefined) return undefined;
  const state = await session.read({ names: namesOf(claim), databases: [], schemas: [], ownersOf: [] });
  const { operations, words } = endOf(session, state, claim, record);
  const verifiers = new Map(
    operations.flatMap((operation) =>
      // Nobody knows it, so nobody can log in any more.
      operation.op === "setPassword" ? [[accountKey(operation.account), session.verifier(generatePassword())]] : [],
    ) as [string, string][],
  );
  if (operations.length > 0) await session.run({ operations, verifiers });
  return { record: { ...record, credentials: { ...credentials, grace: undefined } }, words };
}

const namesOf = ({ name }: LoginClaim): string[] => [name, ...turns.map((turn) => turnName(name, turn))];

function endOf(
  session: EngineSession,
  state: ServerState,
  claim: LoginClaim,
  { credentials }: ClaimRecord,
): { operations: Operation[]; words: string } {
  const there = (accounts: Account[]): Account[] =>
    accounts.filter((account) => findAccount(state, account) !== undefined);
  switch (credentials?.grace?.what) {
    case "password": {
      const second = there(loginAccounts(session.facts, claim)).filter(
        (account) => findAccount(state, account)?.secondVerifier !== undefined,
      );
      return {
        operations: second.map((account): Operation => ({ op: "discardPassword", account })),
        words: `end the password that ${claim.name} had before its rotation`,
      };
    }
    case "turn": {
      const turn = otherTurn(credentials.active ?? "a");
      return {
        operations: there(turnAccounts(session.facts, claim, turn)).map((account): Operation => ({
          op: "setPassword",
          account,
        })),
        words: `end the password of ${claim.name}_${turn}, which has had its turn`,
      };
    }
    case "formerLogin":
      return {
        operations: endOfFormer({ facts: session.facts, state }, claim),
        words: `end the login of ${claim.name} itself, in whose place two logins take turns`,
      };
    case undefined:
      return { operations: [], words: "" };
  }
}
