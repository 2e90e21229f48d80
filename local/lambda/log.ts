import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import path from "node:path";

/**
 * One function's log. The environments write to this very file descriptor, so that their lines stand in order
 * between the START and END lines of the host, and none is lost when a process is killed.
 */
export class FunctionLog {
  readonly file: string;
  readonly descriptor: number;
  private open = true;

  constructor(directory: string, functionName: string) {
    mkdirSync(directory, { recursive: true });
    this.file = path.join(directory, `${functionName}.log`);
    this.descriptor = openSync(this.file, "a", 0o600);
  }

  line(text: string): void {
    // An invocation can outlive its function, whose descriptor number may be another file's by then.
    if (this.open) writeSync(this.descriptor, `${text}\n`);
  }

  report(requestId: string, durationMs: number, memoryMb: number, initDurationMs: number | undefined): void {
    const fields = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(durationMs + (initDurationMs ?? 0))} ms`,
      `Memory Size: ${memoryMb} MB`,
      ...(initDurationMs === undefined ? [] : [`Init Duration: ${initDurationMs.toFixed(2)} ms`]),
    ];
    this.line(fields.join("\t"));
  }

  close(): void {
    this.open = false;
    closeSync(this.descriptor);
  }
}
