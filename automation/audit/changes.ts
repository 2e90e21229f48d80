import type { AuditRecord } from "../../provisioner/audit/event";
import { groupBy, ranges } from "./groups";
import { eventWords, rangeWords } from "./words";

export interface Head {
  number: number;
  hash: string;
}

/**
 * What the server said was the last change: before the log was read, which therefore has to hold it, and afterwards.
 * Number 0: no change was ever recorded.
 */
export interface Recorded {
  before: Head;
  after: Head;
}

export interface ChangesReport {
  /** From this number on nothing is missing, if there are no problems. Absent: there is no change. */
  from?: number;
  to?: number;
  problems: string[];
  notes: string[];
}

/** Whether the log has every change of the cluster, from the last one back to the oldest that is still there. */
export function checkChanges(events: readonly AuditRecord[], recorded?: Recorded): ChangesReport {
  const report: Required<Pick<ChangesReport, "problems" | "notes">> = { problems: [], notes: [] };
  const byNumber = groupBy(
    events.filter(({ change }) => change !== undefined),
    numberOf,
  );
  const numbers = [...byNumber.keys()];
  const from = numbers.length === 0 ? undefined : Math.min(...numbers);
  const last = Math.max(0, ...numbers);
  const top = recorded?.after.number ?? last;
  const chain = new Walk(byNumber, unrecordedIn(events), recorded, report);
  for (const number of numbers.filter((each) => each > top).sort((a, b) => a - b)) chain.beyond(number);
  const bottom = from ?? 1;
  for (let number = top; number >= bottom; number -= 1) chain.step(number);
  chain.sayWhatIsMissing();
  if (from !== undefined && from > 1)
    report.notes.push(
      `The log begins with change ${from}: what was before it was removed, by the log group's retention or by somebody.`,
    );
  return { ...(from === undefined ? {} : { from, to: Math.min(last, top) }), ...report };
}

const numberOf = ({ change }: AuditRecord): number => change?.number ?? 0;

/** Changes of which their function itself has said that the server could not record them. */
const unrecordedIn = (events: readonly AuditRecord[]): Set<string> =>
  new Set(events.flatMap(({ stream, unrecorded }) => (unrecorded === undefined ? [] : [`${stream} ${unrecorded}`])));

/** Down the chain, from the change that the server names. */
class Walk {
  /** The hash that the next change has to have, and who says so. */
  private expected: { hash: string; by: string } | undefined;
  private readonly missing: number[] = [];

  constructor(
    private readonly byNumber: ReadonlyMap<number, AuditRecord[]>,
    private readonly unrecorded: ReadonlySet<string>,
    private readonly recorded: Recorded | undefined,
    private readonly report: Pick<ChangesReport, "problems" | "notes">,
  ) {}

  /** More than the server knows of. */
  beyond(number: number): void {
    for (const event of this.byNumber.get(number) ?? [])
      if (!this.noteUnrecorded(event))
        this.report.problems.push(
          `Change ${number} is in the log (${eventWords(event)}), and the server's record ends with change ${this.recorded?.after.number ?? 0}: the database was restored to an earlier state, its record was changed, or the event was not written by a function.`,
        );
  }

  step(number: number): void {
    for (const head of [this.recorded?.after, this.recorded?.before])
      if (head?.number === number) this.expect(number, head.hash, "the server");
    const events = this.byNumber.get(number) ?? [];
    const found = this.find(number, events);
    if (found === undefined) {
      this.expected = undefined;
      return;
    }
    for (const other of events.filter((event) => event !== found))
      if (!this.noteUnrecorded(other))
        this.report.problems.push(
          `Change ${number} is in the log twice: the ${eventWords(other)} does not belong to the cluster's changes.`,
        );
    this.expected = { hash: found.change?.previous ?? "", by: `change ${number}` };
    if (number === 1 && this.expected.hash !== "")
      this.report.problems.push(`Change 1 (${eventWords(found)}) names one before it.`);
  }

  sayWhatIsMissing(): void {
    for (const { from, to } of ranges(this.missing)) {
      const where = this.recorded === undefined ? "" : " recorded on the server and";
      this.report.problems.push(`${rangeWords("Change", from, to)}${where} missing in the log.`);
    }
  }

  private expect(number: number, hash: string, by: string): void {
    if (this.expected !== undefined && this.expected.hash !== hash)
      this.report.problems.push(`Of change ${number}, ${this.expected.by} and ${by} name different events.`);
    this.expected = { hash, by };
  }

  private find(number: number, events: readonly AuditRecord[]): AuditRecord | undefined {
    const { expected } = this;
    const regular = events.filter((event) => !this.isUnrecorded(event));
    if (expected === undefined) {
      const found = regular[0] ?? events[0];
      if (found === undefined) this.miss(number);
      return found;
    }
    const found = events.find(({ hash }) => hash === expected.hash);
    if (found !== undefined) return found;
    const [other] = regular;
    if (other === undefined) this.miss(number);
    else
      this.report.problems.push(
        `Change ${number} in the log (${eventWords(other)}) is not the one that ${expected.by} names: it was changed or exchanged.`,
      );
    return other;
  }

  /** What was recorded after the log had been read cannot be in it yet. */
  private miss(number: number): void {
    if (this.recorded === undefined || number <= this.recorded.before.number) this.missing.push(number);
  }

  private isUnrecorded({ stream, change }: AuditRecord): boolean {
    return this.unrecorded.has(`${stream} ${change?.number}`);
  }

  private noteUnrecorded(event: AuditRecord): boolean {
    if (!this.isUnrecorded(event)) return false;
    this.report.notes.push(
      `The ${eventWords(event)} tells of a change that could not be recorded on the server; the function said so itself.`,
    );
    return true;
  }
}
