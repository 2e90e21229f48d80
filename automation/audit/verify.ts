import type { AuditRecord } from "../../provisioner/audit/event";
import { checkChanges, type Recorded } from "./changes";
import { checkStreams, withoutRepetitions } from "./streams";

/** What the events of one cluster prove. */
export interface AuditReport {
  cluster: string;
  intact: boolean;
  events: number;
  streams: { stream: string; from: number; to: number }[];
  /** The changes that are proven to be complete, when it is intact. Absent: there are none. */
  changes?: { from: number; to: number };
  /** The last change that the server has on record. Absent: nobody asked it. */
  recorded?: number;
  problems: string[];
  notes: string[];
}

/** Checks each stream and the chain of changes; against the server's own record, where that is known. */
export function verifyEvents(cluster: string, all: readonly AuditRecord[], recorded?: Recorded): AuditReport {
  const events = withoutRepetitions(all);
  const streams = checkStreams(events);
  const changes = checkChanges(events, recorded);
  const late = streams.filter(({ from }) => from > 1);
  const problems = [...streams.flatMap((stream) => stream.problems), ...changes.problems];
  return {
    cluster,
    intact: problems.length === 0,
    events: events.length,
    streams: streams.map(({ stream, from, to }) => ({ stream, from, to })),
    ...(changes.from === undefined || changes.to === undefined
      ? {}
      : { changes: { from: changes.from, to: changes.to } }),
    ...(recorded === undefined ? {} : { recorded: recorded.after.number }),
    problems,
    notes: [
      ...changes.notes,
      ...late.map(({ stream, from }) => `Stream ${stream} begins with event ${from}: what was before it was removed.`),
      ...(recorded === undefined
        ? ["The server was not asked which change was the last: whether changes are missing at the end is not known."]
        : []),
    ],
  };
}
