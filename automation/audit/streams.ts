import { hashOf } from "../../provisioner/audit/chain";
import type { AuditRecord } from "../../provisioner/audit/event";
import { groupBy } from "./groups";
import { eventWords, rangeWords } from "./words";

export interface StreamReport {
  stream: string;
  /** The first event that is there: what was before it may have been removed when its time was over. */
  from: number;
  to: number;
  problems: string[];
}

const isIntact = (event: AuditRecord): boolean => hashOf(event) === event.hash;

/** An event can be delivered twice, when the first answer was lost. */
export function withoutRepetitions(events: readonly AuditRecord[]): AuditRecord[] {
  const seen = new Map(events.map((event) => [hashOf(event) + event.hash, event]));
  return [...seen.values()];
}

/** Whether each event is as it was written, and none is missing between the first and the last. */
export function checkStreams(events: readonly AuditRecord[]): StreamReport[] {
  const streams = groupBy(events, ({ stream }) => stream);
  return [...streams].map(([stream, all]) => checkStream(stream, all));
}

function checkStream(stream: string, all: readonly AuditRecord[]): StreamReport {
  const events = [...all].sort((a, b) => a.sequence - b.sequence);
  const [first] = events;
  const problems = events
    .filter((event) => !isIntact(event))
    .map((event) => `The ${eventWords(event)} was changed after it had been written.`);
  if (first.sequence === 1 && first.previous !== "")
    problems.push(`The ${eventWords(first)} is not the one that the stream began with.`);
  events.slice(1).forEach((event, index) => problems.push(...checkPair(events[index], event)));
  return { stream, from: first.sequence, to: events[events.length - 1].sequence, problems };
}

function checkPair(before: AuditRecord, event: AuditRecord): string[] {
  const step = event.sequence - before.sequence;
  if (step === 0) return [`There are two different ${eventWords(event).replace("event", "events")}.`];
  if (step > 1)
    return [
      `${rangeWords("Event", before.sequence + 1, event.sequence - 1)} missing in stream ${event.stream}, before ${event.time}.`,
    ];
  // What was changed has been said already.
  if (event.previous === before.hash || !isIntact(event) || !isIntact(before)) return [];
  return [
    `The ${eventWords(before)} is not the one that event ${event.sequence} was written after: it was exchanged or changed.`,
  ];
}
