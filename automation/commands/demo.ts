import { type Command, InvalidArgumentError } from "commander";
import { type DemoEngine, demoEngines } from "../demo/options";
import { runDemo } from "../demo/run";

export function addDemoCommand(program: Command): void {
  program
    .command("demo")
    .description("run the whole story on real servers of this machine, proving every claim by logging in")
    .option("-e, --engine <name>", `only ${demoEngines.join(" or ")}; repeatable (default: both)`, collect)
    .option("--keep", "leave out the last step and keep the stack running until Ctrl-C, saying how to reach it")
    .action(async (options: { engine?: DemoEngine[]; keep?: boolean }) => {
      process.exitCode = await runDemo({ engines: options.engine ?? [...demoEngines], keep: options.keep === true });
    });
}

function collect(value: string, earlier: DemoEngine[] = []): DemoEngine[] {
  const engine = demoEngines.find((known) => known === value);
  if (engine === undefined) throw new InvalidArgumentError(`Use ${demoEngines.join(" or ")}.`);
  return earlier.includes(engine) ? earlier : [...earlier, engine];
}
