import { InvalidArgumentError, Option, type Command } from "commander";
import { otherTools } from "../../provisioner/protocol";
import { exitCodes } from "../exit-codes";
import { baselineMigrations, baselineWords, type BaselineOptions } from "../migrate/baseline";
import { lintMigrations, lintWords, type LintOptions } from "../migrate/lint";
import { newMigration, type NewOptions } from "../migrate/new";
import { migrationPlan, planWords } from "../migrate/plan";
import { resolutions, resolveMigration, resolveWords, type ResolveOptions } from "../migrate/resolve";
import type { SiteOptions } from "../migrate/site";
import { migrationStatus, statusWords } from "../migrate/status";
import { verifyMigrations, verifyWords } from "../migrate/verify";
import { print, printJson } from "../terminal/output";

interface Json {
  json?: boolean;
}

export function addMigrateCommands(program: Command): void {
  const migrate = program.command("migrate").description("the SQL files of a DbMigration: look at them, and put right");
  const shared = (name: string, description: string): Command =>
    asJson(database(folder(migrate.command(name).description(description))));

  shared("status", "what has run, what is pending, who runs migrations now; changes nothing").action(
    async (options: SiteOptions & Json) => show(await migrationStatus(options), statusWords, options),
  );
  shared("plan", "what an up would run, and what is in its way; changes nothing").action(
    async (options: SiteOptions & Json) => {
      const report = await migrationPlan(options);
      show(report, planWords, options);
      if (report.blocked) process.exitCode = exitCodes.migrationsBlocked;
    },
  );
  shared("lint", "what the files would destroy or block; without a provisioner, by the parsers that are installed")
    .addOption(new Option("--engine <engine>", "whose SQL it is").choices(["postgresql", "mysql", "mariadb"]))
    .argument("[file...]", "look into these only (default: all of the folder)")
    .option("--pending", "have the provisioner look, at what has not run")
    .action(async (only: string[], options: LintOptions & Json) => {
      const report = await lintMigrations({ ...options, only });
      show(report, lintWords, options);
      if (report.blocked) process.exitCode = exitCodes.migrationsBlocked;
    });
  asJson(folder(migrate.command("new").description("write the next file of the folder")))
    .argument("<what...>", "what it does, for example: add orders")
    .option("--repeatable", "a file that runs whenever it has changed")
    .option("--with <files>", "beside it: verify, down, or verify,down", besides)
    .action((what: string[], options: NewOptions & Json) =>
      show({ files: newMigration(what.join(" "), options) }, ({ files }) => files, options),
    );
  shared("baseline", "count as there what another tool has run; runs nothing")
    .addOption(new Option("--from <tool>", "whose history it is").choices(otherTools).makeOptionMandatory())
    .option("--to <number>", "the highest number that counts (default: what the history says)")
    .option("-y, --yes", "ask nobody")
    .action(async (options: BaselineOptions & Json) => show(await baselineMigrations(options), baselineWords, options));
  shared("resolve", "say what became of a file that failed part of the way; runs nothing")
    .argument("<file>", "the file's name, for example 0042_add_orders.sql")
    .addOption(
      new Option("--as <what>", "retry: run it again; applied: all of it is there; skip: never run it")
        .choices(resolutions)
        .makeOptionMandatory(),
    )
    .option("--failure <id>", "the failure that was looked at, as plan names it")
    .option("-y, --yes", "ask nobody; needs --failure")
    .action(async (file: string, options: ResolveOptions & Json) =>
      show(await resolveMigration(file, options), resolveWords, options),
    );
  shared("verify", "compare the folder with the history, and run the .verify.sql files; changes nothing").action(
    async (options: SiteOptions & Json) => {
      const report = await verifyMigrations(options);
      show(report, verifyWords, options);
      if (!report.intact) process.exitCode = exitCodes.migrationsBlocked;
    },
  );
}

const asJson = (command: Command): Command => command.option("--json", "print as JSON");

const folder = (command: Command): Command =>
  command.option("-d, --directory <folder>", "the folder with the files (default: ./migrations)");

const database = (command: Command): Command =>
  command
    .option("-p, --parameter <name>", "the provisioner's parameter, for example /db-access/orders")
    .option("-r, --ref <file>", "in its place: a file with provisioner.ref as JSON")
    .option("--region <region>", "the parameter's Region (default: AWS_REGION)")
    .option("--role-arn <arn>", "a role to read the parameter with")
    .option("--database <name>", "the database that the files change")
    .option("--history-table <name>", "the history's table (default: db_access_migrations)")
    .option("--run-as <role>", "the role that files act as (default: the database's owner)")
    .addOption(new Option("--order <order>", "as the program says it (default: strict)").choices(["strict", "allow"]))
    .option("--variables <file>", "the program's variables as JSON")
    .option("--owner <text>", "who asks, for the audit log (default: operator/<user>@<machine>)");

function besides(value: string): string[] {
  const names = value.split(",").map((name) => name.trim());
  const unknown = names.find((name) => name !== "verify" && name !== "down");
  if (unknown !== undefined) throw new InvalidArgumentError("Use verify, down, or verify,down.");
  return names;
}

function show<T>(report: T, words: (report: T) => readonly string[], { json }: Json): void {
  if (json === true) printJson(report);
  else for (const line of words(report)) print(line);
}
