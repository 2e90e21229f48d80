import type { MigrationStatus } from "../protocol/migrations";
import { isLate } from "./inside";
import type { Job } from "./job";
import { failureOf } from "./plan";
import type { FileFailure, StepOutcome } from "./run";

/** What a run of several files came to. */
export interface RunOutcome {
  ran: StepOutcome[];
  failure?: MigrationStatus["failure"];
}

/** One after another, until one fails or the time is over. */
export async function eachInTime<Item>(
  job: Pick<Job, "deadline" | "requestId">,
  items: readonly Item[],
  outcomeOf: (item: Item) => Omit<StepOutcome, "ms">,
  run: (item: Item) => Promise<FileFailure | undefined>,
): Promise<RunOutcome> {
  const ran: StepOutcome[] = [];
  for (const item of items) {
    if (isLate(job)) break;
    const started = Date.now();
    const failure = await run(item);
    if (failure !== undefined) return { ran, failure: named(failure, job) };
    ran.push({ ...outcomeOf(item), ms: Date.now() - started });
  }
  return { ran };
}

/** As the next plan will call it. */
const named = (failure: FileFailure, { requestId }: Pick<Job, "requestId">): MigrationStatus["failure"] =>
  failure.rolledBack ? failure : { ...failure, id: failureOf({ runId: requestId }) };
