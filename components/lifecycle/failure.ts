import { DbAccessError, type ClaimResult } from "../../provisioner/protocol";
import type { Properties } from "./wire";

export const oneLine = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, " ").trim();

/** What Pulumi shows: `<Code>: <message>`, with the property when the sentence does not name it. */
export class LifecycleError extends DbAccessError {
  constructor(error: DbAccessError) {
    const { property, message } = error;
    const subject = property === undefined || message.includes(property) ? "" : `${property}: `;
    super(error.code, oneLine(`${error.code}: ${subject}${message}`), error);
    this.name = "Error";
    // The host prints it: an expected failure's stack says nothing and shows the machine's paths.
    this.stack = "";
  }
}

export function resultError({ error }: ClaimResult): LifecycleError {
  return new LifecycleError(
    error === undefined
      ? new DbAccessError("Unexpected", "The provisioner failed and gave no reason.")
      : new DbAccessError(error.code, error.message, error),
  );
}

/**
 * The host stores the resource with these properties and plans an update. It does not put `__provider` back in, so
 * they must carry it: without it refresh and destroy would find no code.
 */
export class InitialisationError extends Error {
  readonly reasons: string[];

  constructor(
    message: string,
    readonly id: string,
    readonly properties: Properties,
  ) {
    super(message);
    this.reasons = [message];
  }
}
