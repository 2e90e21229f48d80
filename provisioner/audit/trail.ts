import type { ChangeHead } from "../engines/engine";
import { toErrorBody } from "../errors";
import { chained, writeRecord } from "./audit";
import { contentOf, type AuditEvent, type AuditRecord } from "./event";

/**
 * The changes of one invocation, as links of the cluster's chain of changes. Only under the cluster's lock: nobody else
 * adds to the chain meanwhile.
 */
export class ChangeTrail {
  private prepared: { event: AuditEvent; record: AuditRecord }[] = [];
  private last: ChangeHead;

  constructor(head: ChangeHead) {
    this.last = head;
  }

  /** To be told with the next `record`. */
  add(event: AuditEvent): void {
    const { number, hash } = this.last;
    const record = chained({ ...contentOf(event), change: { number: number + 1, previous: hash } });
    this.prepared.push({ event, record });
    this.last = { number: number + 1, hash: record.hash };
  }

  /**
   * Runs what writes down the chain's new head, together with what the events tell of, and tells the events. What the
   * server could not be told is told all the same, with a word on that.
   */
  async record(write: (head: ChangeHead | undefined) => Promise<void>): Promise<void> {
    try {
      await write(this.prepared.length > 0 ? this.last : undefined);
    } catch (error) {
      this.tell(error);
      throw error;
    }
    this.tell();
  }

  /** For what cannot be recorded any more. */
  abandon(error: unknown): void {
    this.tell(error);
  }

  private tell(failure?: unknown): void {
    const told = this.prepared;
    this.prepared = [];
    for (const { record } of told) writeRecord(record);
    if (failure === undefined) return;
    for (const { event, record } of told) {
      const content = contentOf({ ...event, outcome: "failed", changes: [], error: toErrorBody(failure) });
      writeRecord(chained({ ...content, unrecorded: record.change?.number }));
    }
  }
}
