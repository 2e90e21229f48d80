import type { EngineEvent, OpType } from "@pulumi/pulumi/automation";
import type { Counts, EngineMessage, ResourceChange } from "./messages";
import { noCounts } from "./messages";

/** The event's metadata, as far as it is used here. */
type Step = NonNullable<EngineEvent["resourcePreEvent"]>["metadata"];

const verbs: Partial<Record<OpType, string>> = {
  create: "creating",
  update: "updating",
  delete: "deleting",
  replace: "replacing",
  refresh: "reading",
};

/** Makes progress lines, messages, changes and counts out of one operation's events. */
export class EventCollector {
  readonly messages: EngineMessage[] = [];
  /** By URN and operation: a resource with outputs of its own reports twice. */
  private readonly steps = new Map<string, ResourceChange>();

  constructor(private readonly progress: (line: string) => void) {}

  get changes(): ResourceChange[] {
    return [...this.steps.values()];
  }

  take(event: EngineEvent): void {
    if (event.diagnosticEvent !== undefined) this.diagnostic(event.diagnosticEvent);
    if (event.resourcePreEvent !== undefined) this.started(event.resourcePreEvent.metadata);
    if (event.resOutputsEvent !== undefined) this.changed(event.resOutputsEvent.metadata, false);
    if (event.resOpFailedEvent !== undefined) this.changed(event.resOpFailedEvent.metadata, true);
  }

  /** The engine's own summary counts the stack itself, and what it attempted in vain. */
  counts(): Counts {
    const counts = noCounts();
    for (const { operation, failed } of this.steps.values()) {
      const counted = countedAs[operation];
      if (counted !== undefined && failed === undefined) counts[counted] += 1;
    }
    return counts;
  }

  private diagnostic(event: NonNullable<EngineEvent["diagnosticEvent"]>): void {
    if (event.ephemeral === true) return;
    const text = plainText(event.message).trim();
    const severity = severities[event.severity];
    if (severity === undefined || text === "") return;
    const resource = event.urn === undefined || event.urn === "" ? undefined : nameOf(event.urn);
    const isRoot = event.urn !== undefined && event.urn.includes("::pulumi:pulumi:Stack::");
    this.messages.push({ severity, text, ...(resource === undefined || isRoot ? {} : { resource }) });
  }

  private started(step: Step): void {
    const verb = verbs[step.op];
    if (verb !== undefined && !isInternal(step)) this.progress(`${verb} ${kindOf(step.type)} ${nameOf(step.urn)}`);
  }

  private changed(step: Step, failed: boolean): void {
    if (isInternal(step)) return;
    const key = `${step.op} ${step.urn}`;
    const failedBefore = this.steps.get(key)?.failed === true;
    this.steps.set(key, {
      operation: step.op,
      kind: kindOf(step.type),
      name: nameOf(step.urn),
      ...(failed || failedBefore ? { failed: true } : {}),
      ...(step.old === undefined || step.old === null ? {} : { before: visible(step.old.outputs) }),
      ...(step.new === undefined || step.new === null ? {} : { after: visible(step.new.outputs) }),
    });
  }
}

/** A replacement is three steps, of which one counts. After a refresh, `update` and `delete` are what has drifted. */
const countedAs: Record<string, keyof Counts | undefined> = {
  create: "created",
  update: "updated",
  replace: "replaced",
  delete: "deleted",
  same: "same",
};

const isInternal = (step: Step): boolean =>
  step.type === "pulumi:pulumi:Stack" || step.type.startsWith("pulumi:providers:");

/** The provider's code travels in `__provider`; it is no output of anybody's. */
const visible = (outputs: Record<string, unknown> | undefined): Record<string, unknown> =>
  Object.fromEntries(Object.entries(outputs ?? {}).filter(([key]) => !key.startsWith("__")));

/** The engine's debug messages come along, whatever the SDK's type says. */
const severities: Record<string, EngineMessage["severity"] | undefined> = {
  info: "info",
  "info#err": "info",
  warning: "warning",
  error: "error",
};

export const nameOf = (urn: string): string => urn.slice(urn.lastIndexOf("::") + 2);

export const kindOf = (type: string): string => type.slice(type.lastIndexOf(":") + 1);

/** Without the engine's colour directives, `<{%fg 1%}>`. */
const plainText = (text: string): string => text.replace(/<\{%[^%]*%\}>/g, "");
