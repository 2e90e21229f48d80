import { type Command, InvalidArgumentError, Option } from "commander";
import { ensurePulumi } from "../../local/pulumi";
import { loadFleet } from "../config/load";
import { fleetReport } from "../report/report";
import { reportWords } from "../report/words";
import { fanOut } from "../run/fan-out";
import type { Operation } from "../run/messages";
import { chosenTargets, resolveFleet } from "../targets/resolve";
import type { Fleet } from "../targets/target";
import { lineProgress, taskProgress } from "../terminal/fleet-progress";
import { interruptible } from "../terminal/interrupt";
import { print, printJson, say } from "../terminal/output";
import { colours } from "../terminal/style";

interface FleetOptions {
  config: string;
  json?: boolean;
  concurrency?: number;
  target?: string[];
}

const purposes: Record<Operation, string> = {
  preview: "show what would change in every target",
  up: "bring every target to what the program says",
  refresh: "compare every target's state with its database",
  destroy: "take away what the program made in every target",
};

export function addFleetCommands(program: Command): void {
  const fleet = program.command("fleet").description("run one Pulumi program over many clusters, from one config file");
  for (const operation of Object.keys(purposes) as Operation[]) {
    fleet
      .command(operation)
      .description(purposes[operation])
      .requiredOption("-c, --config <file>", "the fleet file, for example fleet.yaml")
      .option("-t, --target <name...>", "only these targets")
      .addOption(new Option("--concurrency <n>", "so many targets at a time").argParser(concurrency))
      .option("--json", "print the report as JSON")
      .action(async (options: FleetOptions) => {
        process.exitCode = await runFleet(operation, options);
      });
  }
}

async function runFleet(operation: Operation, options: FleetOptions): Promise<number> {
  const whole = resolveFleet(loadFleet(options.config));
  const fleet: Fleet = {
    ...whole,
    concurrency: options.concurrency ?? whole.concurrency,
    targets: chosenTargets(whole.targets, options.target ?? []),
  };
  const started = Date.now();
  const pulumi = await ensurePulumi(say);
  const forPerson = process.stdout.isTTY === true && options.json !== true;
  const results = await interruptible(
    async (signal) => {
      const { finished, ...listeners } = forPerson ? taskProgress(fleet) : lineProgress();
      const done = await fanOut(fleet, { operation, signal, pulumi: pulumi.directory, ...listeners });
      await finished;
      return done;
    },
    {
      words: "Stopping: waiting for the targets to end in an orderly way. Press Ctrl-C again to end at once.",
      secondEnds: true,
    },
  );
  const report = fleetReport(operation, results, Math.round((Date.now() - started) / 100) / 10);
  if (options.json === true) printJson(report);
  else print(`\n${reportWords(report, colours())}`);
  return report.exitCode;
}

function concurrency(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 64) return value;
  throw new InvalidArgumentError("Give a whole number from 1 to 64.");
}
