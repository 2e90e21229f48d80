import type { ClaimRecord } from "../access/record";
import type { Purpose } from "../config";
import type { EngineSession, LedgerQuery } from "../engines/engine";
import type { Invocation } from "../invocation";
import type { ClaimRequest, ClaimResult, Mode } from "../protocol/messages";

/** What a door may do. Everything that changes anything goes through `submit`, as a program's own requests do. */
export interface DoorServices extends Invocation {
  /** As many as there are, in requests of the usual size. */
  submit(mode: Mode, claims: readonly ClaimRequest[]): Promise<ClaimResult[]>;
  /** Live claims, as the ledger has them now. */
  recorded(query: Partial<LedgerQuery>): Promise<ClaimRecord[]>;
  /** For doors that are about a rotation, which no claim asks for. */
  connect(): Promise<EngineSession>;
}

/** One kind of event that the functions answer besides requests: it becomes claims, and their results the answer. */
export interface Door<E> {
  readonly name: string;
  /** In the refusal of a function that is for something else: `This is the migrate function, which takes no …`. */
  readonly takes: string;
  /** The functions of the archive that answer it; the first is the one to invoke. */
  readonly purposes: readonly [Purpose, ...Purpose[]];
  /** It writes audit events of its own, whatever happens. */
  readonly audits?: true;
  /** Undefined: not for this door. Throws InvalidInput, naming the place, for what is and is not in order. */
  read(event: unknown): E | undefined;
  /** Who says that they ask. */
  asker?(event: E): string | undefined;
  /** Throws when anything has failed: callers that look at the outcome alone must see it. */
  open(event: E, services: DoorServices): Promise<unknown>;
}
