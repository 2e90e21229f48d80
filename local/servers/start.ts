import * as fs from "node:fs";

import type { Progress } from "../cache";
import { forgetOwner, prepareDirectory, recordOwner, writeState } from "./directory";
import type { Engine, Installed, ServeContext } from "./engine";
import { freePort, launch, type ServerProcess, StartFailed } from "./process";
import type { RunningServer, StartOptions } from "./types";

const portAttempts = 5;

export async function startEngine(
  engine: Engine,
  installed: Installed,
  options: StartOptions,
  progress: Progress,
): Promise<RunningServer> {
  const { layout, logins, isNew } = await prepareDirectory(engine, installed, options, progress);
  const context = { installed, layout, options, newLogins: isNew ? logins : undefined };
  const { port, server } = await startOnFreePort(engine, context);
  recordOwner(layout, server.pid);
  fs.rmSync(layout.firstSql, { force: true });
  if (isNew) writeState(layout, installed, logins);
  return {
    spec: installed.spec,
    version: installed.version,
    host: "localhost",
    port,
    pid: server.pid,
    directory: layout.directory,
    admin: logins.admin,
    superuser: logins.superuser,
    ca: fs.readFileSync(layout.caFile, "utf8"),
    caFile: layout.caFile,
    logFile: layout.log,
    stop: async () => {
      await server.end();
      forgetOwner(layout);
    },
  };
}

/** Another program may take the free port before the server does; only a port of the caller's own choice is final. */
async function startOnFreePort(
  engine: Engine,
  context: Omit<ServeContext, "port">,
): Promise<{ port: number; server: ServerProcess }> {
  for (let attempt = 1; ; attempt++) {
    const port = context.options.port ?? (await freePort());
    try {
      return { port, server: await startOnce(engine, { ...context, port }) };
    } catch (error) {
      const again = error instanceof StartFailed && error.portTaken && context.options.port === undefined;
      if (!again || attempt === portAttempts) throw error;
    }
  }
}

async function startOnce(engine: Engine, context: ServeContext): Promise<ServerProcess> {
  const command = await engine.serve(context);
  return launch({
    ...command,
    cwd: context.layout.data,
    env: { ...process.env, ...context.installed.env },
    logFile: context.layout.log,
    stopSignal: engine.stopSignal,
    isReady: (pid) => engine.isReady(context, pid),
  });
}
