import { createHash } from "node:crypto";

/** How a chain event is bound to the one before it. */
export interface Link {
  /** One for each execution environment of a function. */
  stream: string;
  /** Counts the events of the stream, from 1. */
  sequence: number;
  /** Hash of the stream's event before this one; empty for the first. */
  previous: string;
  /** Of the whole event but itself. */
  hash: string;
}

/** JSON with sorted names and nothing between: the same text for the same content, whoever has written it down. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, content]) => content !== undefined);
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([name, content]) => `${JSON.stringify(name)}:${canonical(content)}`).join(",")}}`;
}

/** Of everything in the event except its own hash. */
export function hashOf(event: object): string {
  const content = Object.fromEntries(Object.entries(event).filter(([name]) => name !== "hash"));
  return createHash("sha256").update(canonical(content)).digest("hex");
}

/** One stream of events, each of which names the one before it. */
export class Chain {
  private sequence = 0;
  private previous = "";

  constructor(readonly stream: string) {}

  next<Body extends object>(body: Body): Body & Link {
    this.sequence += 1;
    const linked = { ...body, stream: this.stream, sequence: this.sequence, previous: this.previous };
    this.previous = hashOf(linked);
    return { ...linked, hash: this.previous };
  }
}
