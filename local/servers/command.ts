import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Written to the program's standard input. */
  input?: string;
  timeoutMs?: number;
  uid?: number;
  gid?: number;
}

/** A program that could not be started or ended with an error. */
export class CommandFailed extends Error {
  constructor(
    readonly program: string,
    readonly output: string,
    reason: string,
  ) {
    super(`${path.basename(program)} ${reason}${output ? `: ${lastLines(output, 12)}` : ""}`);
    this.name = "CommandFailed";
  }
}

/** Runs a program to its end and returns what it wrote to standard output. */
export function run(program: string, args: string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      uid: options.uid,
      gid: options.gid,
      timeout: options.timeoutMs,
      killSignal: "SIGKILL",
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    // A program that ends without reading its input is judged by its exit code.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    child.on("error", (error) => reject(new CommandFailed(program, "", `could not be started (${error.message})`)));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(stdout);
      else
        reject(
          // Some programs name what is wrong on standard output, beside warnings on the other.
          new CommandFailed(
            program,
            [stdout, stderr]
              .map((text) => lastLines(text.trim(), 6))
              .join("\n")
              .trim(),
            `ended with ${signal ?? `exit code ${code}`}`,
          ),
        );
    });
  });
}

/** The full path of a program, looked up as a shell would. */
export function findOnPath(name: string): string | undefined {
  for (const directory of (process.env.PATH ?? "").split(path.delimiter)) {
    const candidate = path.join(directory, name);
    if (directory && isExecutable(candidate)) return candidate;
  }
  return undefined;
}

export function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** What went wrong in one line; the rest is in the error's cause. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0];
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
