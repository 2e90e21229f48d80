import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { childEnvironment } from "../automation/run/environment";
import { packageRoot } from "../automation/package-info";
import { writeProject } from "../automation/targets/project";
import { watchMemory, type Peaks } from "./measure/memory";

export type Program = "users" | "nothing";

/** The engine's command line with a home and a backend of its own, in a throwaway folder. */
export interface Engine {
  /** The CLI's folder. */
  pulumi: string;
  directory: string;
  env: Record<string, string>;
  signal: AbortSignal;
}

export interface Timed {
  seconds: number;
  peaks: Peaks;
}

export interface StateSize {
  resources: number;
  bytes: number;
}

const keptLines = 200;
const shownLines = 20;

/** The engine's own summary of what went wrong, else the last it said. */
function summary(lines: readonly string[]): string {
  const diagnostics = lines.indexOf("Diagnostics:");
  const shown = diagnostics < 0 ? lines.slice(-shownLines) : lines.slice(diagnostics, diagnostics + shownLines);
  return shown.join("\n");
}

/** One stack of one of the two programs. */
export class BenchStack {
  private readonly workDir: string;

  private constructor(
    private readonly engine: Engine,
    readonly program: Program,
    private readonly stack: string,
  ) {
    // The file, never a folder: its directory is where modules, the package itself among them, are found from.
    const file = path.join(packageRoot(), "bench", "programs", `${program}.ts`);
    this.workDir = writeProject(path.join(engine.directory, program), program, file).directory;
  }

  static async create(
    engine: Engine,
    program: Program,
    stack: string,
    config: Record<string, string>,
  ): Promise<BenchStack> {
    mkdirSync(backend(engine), { recursive: true });
    const made = new BenchStack(engine, program, stack);
    await made.run(["stack", "init", stack]);
    const settings = Object.entries(config).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
    await made.run(["config", "set-all", "--stack", stack, ...settings]);
    return made;
  }

  /** Wall time of the whole command, as a person waits for it. */
  async timed(args: readonly string[], progress: (line: string) => void = () => undefined): Promise<Timed> {
    const memory = watchMemory();
    const begun = performance.now();
    try {
      await this.run([...args, "--stack", this.stack], progress);
      return { seconds: (performance.now() - begun) / 1000, peaks: memory.stop() };
    } finally {
      memory.stop();
    }
  }

  /** Of everything but the stack itself and its provider. */
  state(): StateSize {
    const file = path.join(backend(this.engine), ".pulumi", "stacks", this.program, `${this.stack}.json`);
    const text = readFileSync(file);
    const { checkpoint } = JSON.parse(text.toString("utf8")) as {
      checkpoint: { latest?: { resources?: { type: string }[] } };
    };
    const resources = checkpoint.latest?.resources ?? [];
    return { resources: resources.filter(({ type }) => type.startsWith("pulumi-nodejs:")).length, bytes: text.length };
  }

  private async run(args: readonly string[], progress: (line: string) => void = () => undefined): Promise<void> {
    const { pulumi, env, signal } = this.engine;
    signal.throwIfAborted();
    const child = spawn(path.join(pulumi, "pulumi"), [...args, "--non-interactive", "--color", "never"], {
      cwd: this.workDir,
      env: childEnvironment(env, { backend: `file://${backend(this.engine)}`, pulumi }),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stop = (): void => void child.kill("SIGINT");
    signal.addEventListener("abort", stop, { once: true });
    const lines: string[] = [];
    const take = (text: string): void => {
      for (const line of text.split("\n").filter((part) => part.trim() !== "")) {
        lines.push(line);
        if (lines.length > keptLines) lines.shift();
        progress(line);
      }
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    try {
      const status = await new Promise<number | null>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", resolve);
      });
      signal.throwIfAborted();
      if (status !== 0)
        throw new Error(`pulumi ${args[0]} of ${this.program} ended with ${String(status)}:\n${summary(lines)}`);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
}

const backend = ({ directory }: Engine): string => path.join(directory, "backend");

/** Nothing of this machine's own settings, no network, and AWS is the local stack. */
export const engineEnv = (directory: string, aws: Record<string, string>): Record<string, string> => ({
  PULUMI_HOME: path.join(directory, "pulumi-home"),
  PULUMI_CONFIG_PASSPHRASE: "a throwaway stack",
  PULUMI_SKIP_UPDATE_CHECK: "1",
  PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  ...aws,
});
