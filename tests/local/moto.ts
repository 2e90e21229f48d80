import { execFile, spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { cached } from "../../local/cache";

const run = promisify(execFile);
const version = "5.2.5";

export interface Moto {
  url: string;
  stop(): Promise<void>;
}

/** The virtual environment with the emulator, made once per machine. Its Python is used directly: it was renamed. */
export async function installMoto(): Promise<string> {
  const home = await cached("moto", version, async (directory) => {
    try {
      await run("python3", ["-m", "venv", directory]);
    } catch (error) {
      throw new Error("The comparison with moto needs python3 with its venv module, and it does not work here.", {
        cause: error,
      });
    }
    const lock = path.join(__dirname, "moto-requirements.txt");
    const python = path.join(directory, "bin", "python");
    await run(python, ["-m", "pip", "install", "--quiet", "--requirement", lock], { maxBuffer: 1 << 26 });
  });
  return path.join(home, "bin", "python");
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** An emulator written by others, to compare ours with. */
export async function startMoto(): Promise<Moto> {
  const python = await installMoto();
  const port = await freePort();
  const program = "from moto.server import main; main()";
  const child = spawn(python, ["-c", program, "-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  const url = `http://127.0.0.1:${port}`;
  for (const deadline = Date.now() + 60_000; child.exitCode === null && Date.now() < deadline; await sleep(50)) {
    const reply = await fetch(`${url}/moto-api/`).catch(() => undefined);
    if (reply?.ok) return { url, stop };
  }
  await stop();
  throw new Error(`moto ${version} did not start.`);
}
