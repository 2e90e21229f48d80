import { plainTable } from "../../automation/terminal/table";
import { kinds, moments, type Fault } from "./gate";
import type { Outcome } from "./harness";
import { isOn } from "./protocol";
import { protocols } from "./protocols";

export const hasConverged = ({ problems }: Outcome): boolean => problems.length === 0;

const longestLabel = 64;
const shortened = (text: string): string =>
  text.length <= longestLabel ? text : `${text.slice(0, longestLabel - 1)}…`;

const callWords = ({ by, channel, label, nth }: Fault): string => {
  const words = (by === "rotate" ? "rotation: " : "") + (channel === "sql" ? label : `AWS ${label}`);
  return `${shortened(words)}${nth > 1 ? ` (${nth})` : ""}`;
};

/** After how many runs, for a fault before and one after the call. */
function cell(outcomes: readonly Outcome[]): string {
  const parts = moments.map((when) => {
    const [found] = outcomes.filter(({ fault }) => fault.when === when);
    if (found === undefined) return "-";
    return hasConverged(found) ? String(found.runs) : "NO";
  });
  return parts.every((part) => part === "-") ? "" : parts.join(" ");
}

const placeOf = ({ engine, protocol, fault, after }: Outcome): string =>
  JSON.stringify([engine, protocol, fault.by, fault.channel, fault.label, fault.nth, after === undefined]);

/** Server × protocol × call × fault: the runs until it had converged, for a fault before and after the call. */
export function faultTable(outcomes: readonly Outcome[]): string {
  const rows = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const key = placeOf(outcome);
    rows.set(key, [...(rows.get(key) ?? []), outcome]);
  }
  const head = ["server", "protocol", "call", ...kinds];
  return plainTable(
    head,
    [...rows.values()].map((row) => [
      row[0].engine,
      row[0].protocol,
      callWords(row[0].fault) + (row[0].after === undefined ? "" : ", on the way back"),
      ...kinds.map((kind) => cell(row.filter(({ fault }) => fault.kind === kind))),
    ]),
  );
}

export const wordsOf = ({ engine, protocol, fault, after, problems }: Outcome): string =>
  `${engine}, ${protocol}: ${fault.kind} ${fault.when} ${callWords(fault)}${after === undefined ? "" : `, after ${after.kind} ${after.when} ${callWords(after)}`}: ${problems.join("; ")}`;

/** Protocols that a server does not have, and why. */
export const absences = (engines: readonly string[]): string[] =>
  protocols.flatMap((protocol) => {
    const without = engines.filter((spec) => !isOn(protocol, spec, false));
    return without.length === 0 ? [] : [`${protocol.name} is not on ${without.join(", ")}: ${protocol.elsewhere}.`];
  });

export function summaryOf(outcomes: readonly Outcome[]): string {
  const failed = outcomes.filter((outcome) => !hasConverged(outcome));
  return `${outcomes.length} faults, ${outcomes.length - failed.length} converged, ${failed.length} did not.`;
}
