import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { parseServerSpec, startServer, type RunningServer } from "../../local/servers";
import { noteServer } from "../support/versions";
import { testDirectory } from "../support/world";

export interface OneServer {
  server: RunningServer;
  stop(): Promise<void>;
}

/** A server and nothing else: for what is the server's own doing. */
export async function startServerOf(spec: string): Promise<OneServer> {
  const directory = testDirectory();
  const folder = path.join(directory, "server");
  mkdirSync(folder);
  const server = await startServer(parseServerSpec(spec), { directory: folder });
  noteServer(server);
  return {
    server,
    stop: async () => {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
