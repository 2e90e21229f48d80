import { toErrorBody } from "../errors";
import type { ClaimResult } from "../protocol/messages";
import { metricLine, type Speaker } from "./emit";
import type { Batch } from "./metrics-of";

/** Gathers what one invocation does, and writes its one line at the end. */
export class Meter {
  private readonly begunAt = performance.now();
  private readonly batches: Batch[] = [];
  /** What was changed without a claim's result: passwords that were rotated, grace periods that were ended. */
  changed = 0;
  /** Audit events that could not be written to where they are kept. */
  undelivered = 0;

  constructor(
    private readonly speaker: Speaker,
    private readonly write: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
  ) {}

  /** Before a batch is tried, so that its failure as a whole is known as that of a batch of this mode. */
  batch(mode: string): (results: readonly ClaimResult[]) => void {
    const batch: Batch = { mode, results: [] };
    this.batches.push(batch);
    return (results) => {
      batch.results = results;
    };
  }

  /** The invocation is over: as it should be, or with this error. */
  end(door: string, error?: unknown): void {
    const { batches, changed, undelivered } = this;
    const durationMs = Math.round(performance.now() - this.begunAt);
    const run = { batches, changed, undelivered, durationMs };
    this.write(metricLine(this.speaker, door, error === undefined ? run : { ...run, error: toErrorBody(error) }));
  }
}
