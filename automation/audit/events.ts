import { z } from "zod";
import type { AuditRecord } from "../../provisioner/audit/event";

/** What the chains need of an event. The rest is whatever was written, and part of its hash. */
const schema = z.looseObject({
  audit: z.literal("db-access"),
  stream: z.string().min(1),
  sequence: z.number().int().min(1),
  previous: z.string(),
  hash: z.string(),
  time: z.string(),
  requestId: z.string(),
  cluster: z.string(),
  outcome: z.string(),
  change: z.looseObject({ number: z.number().int().min(1), previous: z.string() }).optional(),
  unrecorded: z.number().optional(),
});

export interface ReadEvents {
  events: AuditRecord[];
  /** Lines that are no audit events: a function's own log has others, too. */
  others: number;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The events among the messages of a log. */
export function readMessages(messages: readonly string[]): ReadEvents {
  const events = messages.flatMap((message) => {
    const { success, data } = schema.safeParse(parsed(message));
    return success ? [data as unknown as AuditRecord] : [];
  });
  return { events, others: messages.length - events.length };
}

const hasMessage = z.looseObject({ message: z.string() });
const isExport = z.looseObject({ events: z.array(hasMessage) });

/** One event in each line, by itself or as a log's `message`; or what `aws logs filter-log-events` prints. */
export function readExport(text: string): ReadEvents {
  const whole = isExport.safeParse(parsed(text));
  if (whole.success) return readMessages(whole.data.events.map(({ message }) => message));
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return readMessages(
    lines.map((line) => {
      const wrapped = hasMessage.safeParse(parsed(line));
      // An event has a message of its own, which says why it failed.
      return wrapped.success && !("audit" in wrapped.data) ? wrapped.data.message : line;
    }),
  );
}
