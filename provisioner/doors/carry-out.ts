import { DbAccessError, type ErrorBody } from "../errors";
import type { ClaimRequest, ClaimResult } from "../protocol/messages";
import { waitingFailure } from "../reconcile/work";
import type { DoorServices } from "./door";

/**
 * Plans all of it first: what can be foreseen, such as a database that does not exist, fails before anything is changed.
 * Throws when anything fails.
 */
export async function carryOut(services: DoorServices, claims: readonly ClaimRequest[]): Promise<ClaimResult[]> {
  if (claims.length === 0) return [];
  const planned = await services.submit("plan", claims);
  for (const { error, waitsFor = [] } of planned) {
    if (error !== undefined) throw thrown(error, "Nothing was changed.");
    if (waitsFor.length > 0) throw thrown(waitingFailure(waitsFor).toBody(), "Nothing was changed.");
  }
  return applied(services, claims);
}

/** For what has to be tried as it is: a reset cannot be planned. */
export async function applied(services: DoorServices, claims: readonly ClaimRequest[]): Promise<ClaimResult[]> {
  const results = await services.submit("apply", claims);
  const bad = results.filter(({ status }) => status === "failed" || status === "notAttempted");
  if (bad.length === 0) return results;
  const [first] = bad.flatMap(({ error }) => error ?? []);
  const changes = results.filter(({ status }) => status === "done").flatMap((result) => wordsOf(result));
  throw thrown(
    first ?? new DbAccessError("DeadlineExceeded", "There was no time left.", { transient: true }).toBody(),
    changes.length === 0
      ? ""
      : `Done all the same: ${changes.slice(0, 20).join("; ")}. Send it again when the cause is mended.`,
  );
}

function thrown({ code, message, property, serverCode, transient }: ErrorBody, more: string): DbAccessError {
  const said = more === "" || message.toLowerCase().includes(more.toLowerCase().replace(/\.$/, ""));
  return new DbAccessError(code, said ? message : `${message} ${more}`, { property, serverCode, transient });
}

export const wordsOf = ({ changes }: ClaimResult): string[] => changes.map(({ words }) => words);

export const statusOf = (results: readonly ClaimResult[]): "done" | "unchanged" =>
  results.some(({ status }) => status === "done") ? "done" : "unchanged";
