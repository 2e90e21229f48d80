import type { EngineEvent } from "@pulumi/pulumi/automation";

export interface Step {
  operation: string;
  type: string;
  name: string;
}

export interface EngineMessage {
  severity: string;
  /** The name of the resource it stands on. */
  resource?: string;
  text: string;
}

export interface Told {
  /** How many resources the engine created, updated, left as they were: its own summary. */
  changes: Record<string, number>;
  /** What it did, in order, without what stayed as it was. */
  steps: Step[];
  /** For people: without debug messages and lines that only a terminal shows. */
  messages: EngineMessage[];
}

export const nameOf = (urn: string): string => urn.slice(urn.lastIndexOf("::") + 2);

export function eventsOf(events: EngineEvent[]): Told {
  const told: Told = { changes: {}, steps: [], messages: [] };
  for (const { summaryEvent, resourcePreEvent, diagnosticEvent } of events) {
    if (summaryEvent !== undefined) told.changes = { ...summaryEvent.resourceChanges };
    if (resourcePreEvent !== undefined && resourcePreEvent.metadata.op !== "same") {
      const { op, type, urn } = resourcePreEvent.metadata;
      told.steps.push({ operation: op, type, name: nameOf(urn) });
    }
    if (diagnosticEvent === undefined || diagnosticEvent.ephemeral === true) continue;
    const { severity, urn, message } = diagnosticEvent;
    // The SDK's type does not know the engine's debug messages.
    if ((severity as string) === "debug") continue;
    const resource = urn === undefined || urn === "" ? undefined : nameOf(urn);
    told.messages.push({ severity, text: message.trim(), ...(resource === undefined ? {} : { resource }) });
  }
  return told;
}
