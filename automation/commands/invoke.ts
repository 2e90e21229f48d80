import type { Command } from "commander";
import { AwsTransport, CallFailure } from "../../components/client";
import { CommandFailure } from "../errors";
import { actionEvent, eventInFile, takenAway, type ActionOptions } from "../invoke/event";
import { invoke } from "../invoke/invoke";
import { answerWords, warningsOf } from "../invoke/words";
import { findProvisioner, type ProvisionerOptions } from "../reset/provisioner";
import { confirm } from "../terminal/confirm";
import { print, printJson, say } from "../terminal/output";

interface InvokeOptions extends ProvisionerOptions, ActionOptions {
  event?: string;
  yes?: boolean;
  json?: boolean;
}

export function addInvokeCommand(program: Command): void {
  program
    .command("invoke")
    .description(
      "have a provisioner do one thing: create_user, update_grant, reset_password, delete_user, or any event",
    )
    .argument("[action]", "create_user, update_grant, reset_password or delete_user")
    .option("-p, --parameter <name>", "the provisioner's parameter, for example /db-access/orders")
    .option("-r, --ref <file>", "in its place: a file with provisioner.ref as JSON")
    .option("--region <region>", "the parameter's Region (default: AWS_REGION)")
    .option("--role-arn <arn>", "a role to read the parameter with")
    .option("--username <name>", "the user")
    .option("--database <name>", "the database that the level is on")
    .option("--schema <name>", "PostgreSQL: the schema (default: public)")
    .option("--level <level>", "readonly, readwrite or admin")
    .option("--host <host...>", "MySQL, MariaDB: the hosts of the user's accounts (default: %)")
    .option("--auth <how>", "password or iam (default: password)")
    .option("--created-by <role...>", "PostgreSQL: roles whose later tables are meant, too")
    .option("--requested-by <text>", "who asks, for the audit log (default: operator/<user>@<machine>)")
    .option("-e, --event <file>", "in place of an action: a file with any event as JSON")
    .option("-y, --yes", "ask nobody before something is deleted")
    .option("--json", "print the answer as JSON")
    .action(async (action: string | undefined, options: InvokeOptions) => {
      const answer = await run(action, options).catch((error: unknown) => {
        throw error instanceof CallFailure ? error.error : error;
      });
      if (options.json === true) return printJson(answer);
      print(answerWords(answer));
      for (const warning of warningsOf(answer)) say(`warning: ${warning}`);
    });
}

async function run(action: string | undefined, options: InvokeOptions): Promise<unknown> {
  const { event: eventFile, yes } = options;
  if ((action === undefined) === (eventFile === undefined))
    throw new CommandFailure("BadArguments", "Name an action, such as create_user, or an event: --event <file>.");
  const given = eventFile === undefined ? undefined : eventInFile(eventFile);
  const transport = new AwsTransport();
  const ref = await findProvisioner(options, transport);
  const event = action === undefined ? given : actionEvent(action, options, ref.cluster);
  const taken = takenAway(event);
  if (taken !== undefined && yes !== true)
    await confirm(`In cluster ${ref.cluster} (${ref.database.host}):\n  ${taken.words}`, taken.word);
  return invoke(transport, ref, event);
}
