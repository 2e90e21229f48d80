import { plainTable } from "../terminal/table";
import type { colours } from "../terminal/style";
import type { Counts, Operation, Status } from "../run/messages";
import type { FleetReport, TargetReport } from "./report";

const statusWords: Record<Status, string> = {
  succeeded: "ok",
  failed: "failed",
  cancelled: "cancelled",
  notStarted: "not started",
};

/** The table for people, and below it the reasons in full, those who failed last. */
export function reportWords(report: FleetReport, colour: ReturnType<typeof colours>): string {
  const paint = (status: Status): string =>
    status === "succeeded" ? colour.green(statusWords[status]) : colour.red(statusWords[status]);
  const table = plainTable(
    ["target", "status", "changes", "seconds", "reason"],
    report.targets.map((target) => [
      target.target,
      paint(target.status),
      target.status === "notStarted" ? "" : countWords(target.counts, report.operation),
      target.status === "notStarted" ? "" : target.seconds.toFixed(1),
      target.reason?.code ?? "",
    ]),
  );
  const reasons = report.targets.filter((target) => target.reason !== undefined).map(reasonWords);
  return [table, ...(reasons.length === 0 ? [] : ["", ...reasons]), "", closing(report)].join("\n");
}

export function countWords(counts: Counts, operation: Operation): string {
  const planned = operation === "preview";
  const parts = [
    [counts.created, planned ? "to create" : "created"],
    [counts.updated, operation === "refresh" ? "drifted" : planned ? "to update" : "updated"],
    [counts.replaced, planned ? "to replace" : "replaced"],
    [counts.deleted, operation === "refresh" ? "gone" : planned ? "to delete" : "deleted"],
    [counts.same, "same"],
  ] as const;
  return (
    parts
      .filter(([count]) => count > 0)
      .map(([count, words]) => `${count} ${words}`)
      .join(", ") || "none"
  );
}

export const reasonWords = ({ target, reason }: TargetReport): string =>
  `${target}: ${reason?.resource === undefined ? "" : `${reason.resource}: `}${reason?.code}: ${reason?.message}`;

function closing(report: FleetReport): string {
  const total = report.targets.length;
  const all = `${total} ${total === 1 ? "target" : "targets"}`;
  const took = `${report.seconds.toFixed(1)} s`;
  return report.failed === 0
    ? `${report.operation}: ${all} in ${took}.`
    : `${report.operation}: ${report.failed} of ${all} failed, ${report.succeeded} done, in ${took}.`;
}
