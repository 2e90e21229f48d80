import { exitCodes, type ExitCode } from "./exit-codes";

/** A failure that is the user's to fix: shown as one line `Code: message`, without a stack. */
export class CommandFailure extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly exitCode: ExitCode = exitCodes.error,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "CommandFailure";
  }
}

/** The code of a failure: ours, else the class of the error (`ServerUnavailable`), else a plain word. */
export function failureCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error && error.name !== "Error" ? error.name : "Failed";
}

export function failureMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function failureLine(error: unknown): string {
  const [code, message] = [failureCode(error), failureMessage(error)];
  // Errors of the operating system begin with their code already.
  return message.startsWith(`${code}: `) ? message : `${code}: ${message}`;
}

export const failureExitCode = (error: unknown): ExitCode =>
  error instanceof CommandFailure ? error.exitCode : exitCodes.error;
