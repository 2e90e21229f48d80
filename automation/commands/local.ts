import type { Command } from "commander";
import { type LocalState, localDown, localStatus, localUp } from "../../local/daemon";
import { type ServerSpec, parseServerSpec } from "../../local/servers";
import { CommandFailure, failureMessage } from "../errors";
import { exitCodes } from "../exit-codes";
import { print, printJson, say } from "../terminal/output";
import { plainTable } from "../terminal/table";

interface LocalOptions {
  engine?: string[];
  directory?: string;
  json?: boolean;
}

export function addLocalCommands(program: Command): void {
  const local = program
    .command("local")
    .description("the local stack: real database servers, the real provisioner, and the AWS endpoints they need");
  const shared = (name: string, description: string): Command =>
    local
      .command(name)
      .description(description)
      .option("-d, --directory <folder>", "where the stack keeps its data (default: .db-access)")
      .option("--json", "print as JSON");
  shared("up", "start the stack in the background, or find it running")
    .option("-e, --engine <spec>", "postgresql@17, mysql@8.0, mariadb …; repeatable (default: one of each)", collect)
    .action(async (options: LocalOptions) => show(await up(options), options));
  shared("status", "show the stack in the folder").action((options: LocalOptions) => {
    const state = localStatus(options.directory);
    if (state?.status !== "ready") process.exitCode = exitCodes.error;
    show(state, options);
  });
  shared("down", "stop the stack and keep its data").action(async (options: LocalOptions) => {
    const stopped = await localDown(options.directory);
    if (options.json === true) printJson({ stopped });
    else print(stopped ? "The local stack is stopped; its data is kept." : "No local stack was running here.");
  });
}

const collect = (value: string, earlier: string[] = []): string[] => [...earlier, value];

async function up(options: LocalOptions): Promise<LocalState> {
  const engines = specs(options.engine);
  return localUp({
    ...(engines === undefined ? {} : { engines }),
    ...(options.directory === undefined ? {} : { directory: options.directory }),
    progress: say,
  });
}

function specs(engines: readonly string[] | undefined): ServerSpec[] | undefined {
  try {
    return engines?.map(parseServerSpec);
  } catch (error) {
    throw new CommandFailure("UnknownEngine", failureMessage(error));
  }
}

/** Passwords only where a program asks for them: the table is what people leave on their screens. */
function show(state: LocalState | undefined, { json }: LocalOptions): void {
  if (json === true) return printJson(state ?? { status: "absent", engines: {} });
  if (state === undefined) return print("There is no local stack here. Start one with: db-access local up");
  const rows = Object.entries(state.engines).map(([cluster, engine]) => [
    cluster,
    engine.version === "" ? engine.engine : `${engine.engine} (${engine.version})`,
    `${engine.host}:${engine.port}`,
    engine.ref.discovery.parameter,
    engine.logFile,
  ]);
  print(`The local stack in ${state.directory} is ${state.status}.`);
  if (state.status !== "ready") return;
  print(`\n${plainTable(["cluster", "engine", "address", "parameter", "log"], rows)}`);
  const exported = Object.entries(state.env).map(([name, value]) => `  export ${name}=${value}`);
  print(`\nFor a program that shall use it instead of AWS:\n${exported.join("\n")}`);
}
