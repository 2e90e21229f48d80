/** The process behind `db-access local up`: it holds one stack until it is told to end. */
import { createServer } from "node:net";
import { processIdentity } from "./cache";
import { parseServerSpec } from "./servers";
import { startLocalStack } from "./stack";
import { enginesOf, readState, writeState, type LocalState } from "./state";

/** `postgresql@17` becomes the cluster `postgresql-17`: one server is one cluster. */
const clusterOf = (engine: string): string => engine.replaceAll(/[@.]/g, "-");

/** Addresses stand in the stacks of programs, so an address is kept as long as nobody else has taken it. */
function stillFree(port: number | undefined): Promise<number | undefined> {
  if (port === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(undefined));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(port)));
  });
}

async function main(directory: string, engines: string[], bundle: string | undefined): Promise<void> {
  const earlier = readState(directory);
  const identity = processIdentity(process.pid) ?? `${process.pid}`;
  const state: LocalState = { status: "starting", directory, process: identity, engines: {}, env: {} };
  // The earlier engines stay in the file until the new ones are known: they hold the addresses for the next try.
  writeState({ ...state, engines: earlier?.engines ?? {}, url: earlier?.url });
  // Without a stack there is nothing to wait for; what has started already ends with this process.
  let end = (): void => process.exit(0);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => end());
  process.on("SIGHUP", () => undefined);
  try {
    const targets = engines.map(async (engine) => {
      const cluster = clusterOf(engine);
      const port = await stillFree(earlier?.engines[cluster]?.port);
      return { cluster, server: parseServerSpec(engine), serverOptions: port === undefined ? {} : { port } };
    });
    const port = await stillFree(earlier?.url === undefined ? undefined : Number(new URL(earlier.url).port));
    const progress = (line: string): void => console.log(line);
    const stack = await startLocalStack({ directory, targets: await Promise.all(targets), bundle, port, progress });
    const ready: LocalState = {
      ...state,
      engines: enginesOf(stack),
      url: stack.url,
      env: stack.env(),
      status: "ready",
    };
    end = () => {
      end = () => undefined;
      void stack.stop().then(() => {
        writeState({ ...ready, status: "stopped" });
        process.exit(0);
      });
    };
    writeState(ready);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    writeState({ ...state, engines: earlier?.engines ?? {}, url: earlier?.url, status: "failed", error: text });
    process.exit(1);
  }
}

const [, , directory = "", engines = "", bundle] = process.argv;
void main(directory, engines.split(","), bundle);
