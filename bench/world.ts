import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ServerSpec, RunningServer } from "../local/servers";
import { LocalStack, type TargetState } from "../local/stack";
import { Recorder } from "./measure/recorder";
import { postgresqlLogPrefix, ServerLog } from "./measure/server-log";

/** Names everything that is made on the server: the database, its users, and their secrets. */
export const cluster = "bench";

/** One server with its provisioner, and what watches both. */
export interface World {
  directory: string;
  stack: LocalStack;
  target: TargetState;
  server: RunningServer;
  recorder: Recorder;
  log: ServerLog;
  stop(): Promise<void>;
}

export async function startWorld(spec: ServerSpec, progress: (line: string) => void): Promise<World> {
  const directory = mkdtempSync(path.join(tmpdir(), "db-access-bench-"));
  // The server may run as another user, who must be able to enter.
  chmodSync(directory, 0o755);
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  const settings: Record<string, string> = spec.engine === "postgresql" ? { log_line_prefix: postgresqlLogPrefix } : {};
  let stack: LocalStack | undefined;
  try {
    const local = path.join(directory, "local");
    mkdirSync(local);
    stack = await LocalStack.start({
      directory: local,
      targets: [{ cluster, server: spec, serverOptions: { settings } }],
      progress,
    });
    const started = stack;
    const target = started.targets[cluster];
    if (target.server === undefined) throw new Error("The local stack has no server.");
    return {
      directory,
      stack: started,
      target,
      server: target.server,
      recorder: new Recorder(started),
      log: new ServerLog(target.server),
      stop: async () => {
        await started.stop();
        remove();
      },
    };
  } catch (error) {
    await stack?.stop();
    remove();
    throw error;
  }
}
