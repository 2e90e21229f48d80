#!/usr/bin/env node
import { Command } from "commander";
import { addAuditCommands } from "./commands/audit";
import { addDemoCommand } from "./commands/demo";
import { addDoctorCommand } from "./commands/doctor";
import { addFleetCommands } from "./commands/fleet";
import { addInvokeCommand } from "./commands/invoke";
import { addLocalCommands } from "./commands/local";
import { addMigrateCommands } from "./commands/migrate";
import { addResetCommand } from "./commands/reset";
import { BadConfig } from "./config/load";
import { failureCode, failureExitCode, failureLine, failureMessage } from "./errors";
import { exitCodes } from "./exit-codes";
import { packageVersion } from "./package-info";
import { printJson, say } from "./terminal/output";

const epilogue = `
Examples:
  db-access doctor
  db-access local up --engine postgresql@17 --engine mysql@8.0
  db-access fleet preview --config fleet.yaml
  db-access fleet up --config fleet.yaml --target orders-eu --json
  db-access reset orders_api --parameter /db-access/orders
  db-access audit verify --parameter /db-access/orders
  db-access invoke create_user --username ada --database shop --level readonly --parameter /db-access/orders
  db-access migrate status --parameter /db-access/orders --database shop
  db-access migrate new add orders --with verify
  db-access demo --engine postgresql

Exit codes:
  0  done
  1  an error; nothing more is known
  3  some targets of the fleet failed; the report names them
  4  the fleet file has problems; nothing was done
  5  audit events are missing or were changed; the report names them
  6  migrations: something is in the way, or folder and database do not agree; the report says what

DB_ACCESS_DEBUG=1 shows where an error came from. NO_COLOR=1 turns colours off.`;

export function commandLine(): Command {
  const program = new Command("db-access")
    .description(
      "Database users and grants for private RDS and Aurora: the local stack, fleets of clusters, resets, the demo.",
    )
    .version(packageVersion(), "-V, --version", "print the version")
    .showHelpAfterError("(db-access --help shows what there is)")
    .addHelpText("after", epilogue);
  addLocalCommands(program);
  addFleetCommands(program);
  addResetCommand(program);
  addMigrateCommands(program);
  addAuditCommands(program);
  addInvokeCommand(program);
  addDoctorCommand(program);
  addDemoCommand(program);
  return program;
}

function fail(error: unknown, argv: readonly string[]): void {
  process.exitCode = failureExitCode(error);
  const problems = error instanceof BadConfig ? error.problems : undefined;
  if (argv.includes("--json"))
    printJson({ error: { code: failureCode(error), message: failureMessage(error), ...(problems && { problems }) } });
  if (error instanceof BadConfig) for (const line of error.lines()) say(line);
  say(failureLine(error));
  if (process.env.DB_ACCESS_DEBUG === "1" && error instanceof Error) say(String(error.stack));
}

export async function main(argv: readonly string[]): Promise<void> {
  // Whoever reads may stop early (`| head`); what has begun is ended in order all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  try {
    await commandLine().parseAsync([...argv]);
  } catch (error) {
    fail(error, argv);
  }
}

// A handle that a command left open must not keep a finished command waiting.
if (require.main === module) void main(process.argv).then(() => process.exit(process.exitCode ?? exitCodes.ok));
