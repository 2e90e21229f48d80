import { exitCodes, type ExitCode } from "../exit-codes";
import type { TargetResult } from "../run/fan-out";
import type { Counts, Operation, Reason, Status } from "../run/messages";

export interface TargetReport {
  target: string;
  stack: string;
  status: Status;
  seconds: number;
  counts: Counts;
  reason?: Reason;
}

/** What `--json` prints. */
export interface FleetReport {
  operation: Operation;
  exitCode: ExitCode;
  succeeded: number;
  failed: number;
  seconds: number;
  targets: TargetReport[];
}

export function fleetReport(operation: Operation, results: readonly TargetResult[], seconds: number): FleetReport {
  const targets = results.map(({ target, stack, status, seconds: took, counts, reason }) => ({
    target,
    stack,
    status,
    seconds: took,
    counts,
    ...(reason === undefined ? {} : { reason }),
  }));
  const succeeded = targets.filter((target) => target.status === "succeeded").length;
  const failed = targets.length - succeeded;
  const exitCode = failed === 0 ? exitCodes.ok : exitCodes.someTargetsFailed;
  return { operation, exitCode, succeeded, failed, seconds, targets };
}
