import type { DbAccessError } from "../../provisioner/protocol";

/**
 * What a failed call means for the claims in it.
 * - `refused`: it certainly did not run, and may run later.
 * - `lost`: it may have run; nobody heard the answer.
 * - `crashed`: it ran and ended without an answer; one of its claims may be the reason.
 * - `missing`: there is no such function.
 * - `final`: trying again does not help.
 */
export type Outcome = "refused" | "lost" | "crashed" | "missing" | "final";

export class CallFailure extends Error {
  constructor(
    readonly outcome: Outcome,
    readonly error: DbAccessError,
    /** Refused in a way that seldom passes: not worth the whole budget. */
    readonly patienceMs = Infinity,
  ) {
    super(error.message);
    this.name = "CallFailure";
  }
}
