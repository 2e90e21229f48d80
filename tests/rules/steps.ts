import assert from "node:assert/strict";
import type { ClaimResult } from "../../provisioner/protocol";
import { changeWords, type Ask } from "../support/world";
import type { Place } from "./place";

/** There is nothing left to do: neither a plan nor an apply finds anything, and the server's log agrees. */
export async function assertSettled(place: Place, ...asks: Ask[]): Promise<void> {
  const statements = await place.changedBy(async () => {
    for (const mode of ["plan", "apply"] as const)
      for (const result of await place.ask(mode, ...asks))
        assert.deepEqual([mode, result.status, changeWords(result)], [mode, "unchanged", []], JSON.stringify(result));
  });
  assert.deepEqual(statements, []);
}

export const withoutLedger = (statements: readonly string[]): string[] =>
  statements.filter((statement) => !/\bdb_access\b/.test(statement));

/** What changes privileges: neither the ledger nor a membership that the provisioner borrows for a transaction. */
export const privilegeStatements = (statements: readonly string[]): string[] =>
  statements.filter((statement) => /^(GRANT|REVOKE|ALTER)\b/i.test(statement) && !/\bCURRENT_USER\b/.test(statement));

export const remove = (place: Place, ...asks: Ask[]): Promise<ClaimResult[]> =>
  place.apply(...asks.map((ask): Ask => ({ ...ask, action: "remove" })));

/** The one claim fails, with this code and these words. */
export async function assertFails(place: Place, ask: Ask, code: string, ...words: RegExp[]): Promise<ClaimResult> {
  const [result] = await place.ask("apply", ask);
  assert.deepEqual([result.status, result.error?.code], ["failed", code], JSON.stringify(result));
  for (const expected of words) assert.match(result.error?.message ?? "", expected);
  return result;
}

/** One family stores items one by one, the other those of equal privileges together. */
interface Stored {
  kind?: string;
  privileges?: string[];
  item?: { kind: string; privilege: string };
}

export interface LedgerRow {
  /** Everything that is stored of a claim. */
  text: string;
  items: { kind: string; privilege: string }[];
}

/** The rows of one owner's claims, as the ledger has them. */
export async function ledgerRows(place: Place, owner: string): Promise<LedgerRow[]> {
  const rows = await place.byHand(
    `SELECT claim, items FROM db_access.claims WHERE owner = '${owner}'`,
    place.postgresql ? "postgres" : "db_access",
  );
  const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
  return rows.map(({ claim, items }) => ({
    text: `${textOf(claim)} ${textOf(items)}`,
    items: (JSON.parse(textOf(items)) as Stored[]).flatMap(({ item, kind = "", privileges = [] }) =>
      item === undefined ? privileges.map((privilege) => ({ kind, privilege })) : [item],
    ),
  }));
}

export const majorOf = (version: string): number => Number(version.split("@")[1].split(".")[0]);

export const isPostgresql = (version: string): boolean => version.startsWith("postgresql");
export const isMariaDb = (version: string): boolean => version.startsWith("mariadb");

/** The codes with which the servers refuse what somebody may not do. */
export const isRefused = (outcome: string): boolean =>
  ["42501", "1044", "1142", "1143", "1227", "1370"].includes(outcome);

/** MySQL: as a parameter group may say. The server is as before afterwards. */
export async function withPartialRevokes(place: Place, run: () => Promise<void>): Promise<void> {
  await place.byHand("SET GLOBAL partial_revokes = ON");
  try {
    await run();
  } finally {
    await place.byHand("SET GLOBAL partial_revokes = OFF");
  }
}
