/** What parent and child process say to each other. All of it is JSON. */

export const operations = ["preview", "up", "refresh", "destroy"] as const;
export type Operation = (typeof operations)[number];

export interface Job {
  operation: Operation;
  /** The project's folder. */
  directory: string;
  stack: string;
  config: Record<string, string>;
  /** Take away configuration that `config` does not name. */
  exactConfig: boolean;
  /** How long to wait for somebody else's update of the same stack. */
  lockSeconds: number;
  /** After `destroy`: forget the stack too. */
  removeStack?: boolean;
}

export interface ResourceChange {
  operation: string;
  /** Last part of the type: `DbUser`. */
  kind: string;
  name: string;
  failed?: true;
  /** Outputs before and after, where the operation has them; secrets are masked by the engine. */
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
}

export interface EngineMessage {
  severity: "info" | "warning" | "error";
  /** Name of the resource it was logged on. */
  resource?: string;
  text: string;
}

export interface Counts {
  created: number;
  updated: number;
  replaced: number;
  deleted: number;
  same: number;
}

/** Why a target failed: the provisioner's own code when it was the provisioner that refused. */
export interface Reason {
  code: string;
  message: string;
  resource?: string;
}

export type Status = "succeeded" | "failed" | "cancelled" | "notStarted";

export interface StackResult {
  status: Status;
  seconds: number;
  counts: Counts;
  changes: ResourceChange[];
  messages: EngineMessage[];
  /** The stack's outputs, those that are not secret. */
  outputs: Record<string, unknown>;
  reason?: Reason;
}

export type ToChild = { kind: "job"; job: Job } | { kind: "cancel" };

export type FromChild =
  { kind: "ready" } | { kind: "progress"; line: string } | { kind: "result"; result: StackResult };

export const noCounts = (): Counts => ({ created: 0, updated: 0, replaced: 0, deleted: 0, same: 0 });
