import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";
import { ensurePulumi } from "../../local/pulumi";
import { eventsOf, nameOf, type Told } from "./engine-events";
import { endProcesses, treeOf } from "./process-tree";

export type { EngineMessage, Step } from "./engine-events";

export const checkout = path.resolve(__dirname, "..", "..");

/**
 * A file that exists, with what else its Pulumi.yaml says; or text, CommonJS unless said otherwise; or the folder of a
 * project that brings everything along.
 */
export type Program =
  { main: string; settings?: Record<string, unknown> } | { code: string; language?: "typescript" } | { folder: string };

export interface EngineOptions {
  program: Program;
  /** What the program and the provider find in their environment, usually `stack.env()`. */
  env: Record<string, string>;
  config?: Record<string, unknown>;
  project?: string;
  stack?: string;
}

export interface Run extends Told {
  succeeded: boolean;
  /** What a person would have read. */
  output: string;
}

export interface Begun {
  /** Ends `pulumi` and nothing else, as a machine out of memory would. */
  kill(): void;
  ended: Promise<Run>;
}

export interface RunOptions {
  env?: Record<string, string>;
  args?: string[];
}

export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
}

export interface Deployment {
  version: number;
  deployment: { resources?: StateResource[]; pending_operations?: unknown[] };
}

type Operation = "up" | "preview" | "refresh" | "destroy";

/** A laptop's own settings and credentials must not reach a test's engine. */
const inherited = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS_|PULUMI_|DB_ACCESS_)/.test(name)));

/** The real `pulumi` on one stack, with a home and a backend of its own. */
export class Engine {
  private readonly running = new Set<ChildProcess>();
  /** What killed engines have left behind: their language hosts and providers do not notice. */
  private readonly orphans: string[] = [];
  private runs = 0;

  private constructor(
    readonly directory: string,
    /** Where Pulumi.yaml is. */
    readonly project: string,
    readonly stack: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly program: Program,
    private readonly name: string,
  ) {}

  static async start(options: EngineOptions): Promise<Engine> {
    const { program, config = {}, project: name = "access", stack = "test" } = options;
    const { directory: commands } = await ensurePulumi();
    const directory = mkdtempSync(path.join(tmpdir(), "db-access-engine-"));
    const project = "folder" in program ? program.folder : path.join(directory, "project");
    const env = {
      ...inherited(),
      PATH: [commands, process.env.PATH].join(path.delimiter),
      PULUMI_HOME: path.join(directory, "home"),
      PULUMI_BACKEND_URL: `file://${path.join(directory, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "a test",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      // `npm run types` has checked the programs.
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      // Without it the command line has no event log.
      PULUMI_DEBUG_COMMANDS: "true",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      ...options.env,
    };
    const engine = new Engine(directory, project, stack, env, program, name);
    try {
      for (const folder of ["home", "state", "events"]) mkdirSync(path.join(directory, folder));
      engine.writeProject();
      await engine.command("stack", "init", stack);
      engine.configure(config);
    } catch (error) {
      await engine.stop();
      throw error;
    }
    return engine;
  }

  private writeProject(): void {
    const { program } = this;
    if ("folder" in program) return;
    mkdirSync(this.project);
    if ("main" in program) {
      const settings = { name: this.name, runtime: "nodejs", ...program.settings, main: program.main };
      return writeFileSync(path.join(this.project, "Pulumi.yaml"), stringify(settings));
    }
    // Without TypeScript, where the program has none, the language host starts a second earlier.
    const runtime = { name: "nodejs", options: { typescript: program.language === "typescript" } };
    const settings = { name: this.name, runtime, main: this.entry(program) };
    writeFileSync(path.join(this.project, "Pulumi.yaml"), stringify(settings));
    writeFileSync(path.join(this.project, "package.json"), "{}");
    mkdirSync(path.join(this.project, "node_modules", "@pulumi"), { recursive: true });
    symlinkSync(checkout, path.join(this.project, "node_modules", "pulumi-db-access"));
    const sdk = path.join("node_modules", "@pulumi", "pulumi");
    symlinkSync(path.join(checkout, sdk), path.join(this.project, sdk));
    this.write(program.code);
  }

  private entry = (program: Program): string =>
    "language" in program && program.language === "typescript" ? "index.ts" : "index.js";

  /** The program's text from now on. */
  write(code: string): void {
    writeFileSync(path.join(this.project, this.entry(this.program)), code);
  }

  /** Adds to the stack's configuration. Written to the file: the command line takes a second for each key. */
  configure(config: Record<string, unknown>): void {
    const file = path.join(this.project, `Pulumi.${this.stack}.yaml`);
    const settings = parse(readFileSync(file, "utf8")) as { config?: Record<string, unknown> };
    const { name } = parse(readFileSync(path.join(this.project, "Pulumi.yaml"), "utf8")) as { name: string };
    const keys = Object.entries(config).map(([key, value]) => [key.includes(":") ? key : `${name}:${key}`, value]);
    writeFileSync(file, stringify({ ...settings, config: { ...settings.config, ...Object.fromEntries(keys) } }));
  }

  up = (options?: RunOptions): Promise<Run> => this.run("up", options);
  preview = (options?: RunOptions): Promise<Run> => this.run("preview", options);
  refresh = (options?: RunOptions): Promise<Run> => this.run("refresh", options);
  destroy = (options?: RunOptions): Promise<Run> => this.run("destroy", options);

  /** Fails with the engine's own output. */
  private async run(operation: Operation, options?: RunOptions): Promise<Run> {
    const run = await this.begin(operation, options).ended;
    assert.ok(run.succeeded, `pulumi ${operation} failed:\n${run.output}`);
    return run;
  }

  async failing(operation: Operation, options?: RunOptions): Promise<Run> {
    const run = await this.begin(operation, options).ended;
    assert.ok(!run.succeeded, `pulumi ${operation} should have failed:\n${run.output}`);
    return run;
  }

  /** A preview in which everything is as it should be; names what is not. */
  async expectNoChanges(options: RunOptions = {}): Promise<Run> {
    const run = await this.preview({ ...options, args: ["--diff", "--expect-no-changes", ...(options.args ?? [])] });
    assert.deepEqual(Object.keys(run.changes), ["same"], run.output);
    return run;
  }

  /** For a test that ends the process itself. */
  begin(operation: Operation, options: RunOptions = {}): Begun {
    const events = path.join(this.directory, "events", `${(this.runs += 1)}.json`);
    const confirmed = operation === "preview" ? [] : ["--yes", "--skip-preview"];
    const args = [operation, ...confirmed, "--stack", this.stack, "--event-log", events, ...(options.args ?? [])];
    const child = this.spawn(args, options.env);
    const ended = finished(child.process).then((status) => ({
      succeeded: status === 0,
      output: child.text(),
      ...eventsOf(readEvents(events)),
    }));
    const kill = (): void => {
      this.orphans.push(...treeOf(child.process.pid ?? 0));
      child.process.kill("SIGKILL");
    };
    return { kill, ended };
  }

  /** Any other command of the command line; its standard output. */
  async command(...args: string[]): Promise<string> {
    const child = this.spawn(args);
    const status = await finished(child.process);
    assert.equal(status, 0, `pulumi ${args.join(" ")} failed:\n${child.text()}`);
    return child.printed();
  }

  private spawn(args: string[], env: Record<string, string> = {}) {
    const child = spawn("pulumi", [...args, "--non-interactive", "--color", "never", "--cwd", this.project], {
      env: { ...this.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.running.add(child);
    child.once("close", () => this.running.delete(child));
    const [printed, all]: string[][] = [[], []];
    child.stdout.setEncoding("utf8").on("data", (text: string) => void (printed.push(text), all.push(text)));
    child.stderr.setEncoding("utf8").on("data", (text: string) => void all.push(text));
    return { process: child, text: () => all.join(""), printed: () => printed.join("") };
  }

  exported = async (): Promise<Deployment> =>
    JSON.parse(await this.command("stack", "export", "--stack", this.stack)) as Deployment;

  async imported(state: Deployment): Promise<void> {
    const file = path.join(this.directory, "import.json");
    writeFileSync(file, JSON.stringify(state));
    await this.command("stack", "import", "--stack", this.stack, "--file", file);
  }

  /** As if the backend had been lost: the stack is there, and knows nothing. */
  async forget(): Promise<void> {
    await this.command("stack", "rm", this.stack, "--force", "--yes", "--preserve-config");
    await this.command("stack", "init", this.stack);
  }

  /** What state says about this package's resources, by name; without the engine's own bookkeeping. */
  async resources(): Promise<Record<string, StateResource>> {
    const { deployment } = await this.exported();
    const ours = (deployment.resources ?? []).filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic"));
    return Object.fromEntries(
      ours.map(({ urn, type, id, inputs, outputs }) => [nameOf(urn), { urn, type, id, inputs, outputs }]),
    );
  }

  async outputs(): Promise<Record<string, unknown>> {
    const { deployment } = await this.exported();
    return deployment.resources?.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
  }

  /** Every event of every operation so far, the engine's debug messages included. */
  eventLog(): string {
    const folder = path.join(this.directory, "events");
    return readdirSync(folder)
      .map((file) => readFileSync(path.join(folder, file), "utf8"))
      .join("\n");
  }

  /** Nothing is left, whatever state the test is in. */
  async stop(): Promise<void> {
    for (const { pid } of this.running) if (pid !== undefined) this.orphans.push(...treeOf(pid));
    endProcesses(this.orphans);
    await Promise.all([...this.running].map(finished));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const finished = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve, reject) => {
        child.once("close", (code) => resolve(code));
        child.once("error", reject);
      });

/** A process that was killed leaves half a line. */
function readEvents(file: string): EngineEvent[] {
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // It failed before there was anything to tell.
  }
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as EngineEvent);
}
