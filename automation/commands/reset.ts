import type { Command } from "commander";
import { AwsTransport, CallFailure, createClient } from "../../components/client";
import { findProvisioner, type ProvisionerOptions } from "../reset/provisioner";
import { resetPassword, type ResetReport } from "../reset/reset";
import { confirm } from "../terminal/confirm";
import { print, printJson, say } from "../terminal/output";
import { plainTable } from "../terminal/table";

interface ResetOptions extends ProvisionerOptions {
  owner?: string;
  yes?: boolean;
  json?: boolean;
}

export function addResetCommand(program: Command): void {
  program
    .command("reset")
    .description("give one login a fresh password: it is put into its secret, and every older one is refused at once")
    .argument("<username>", "the login as its DbUser names it")
    .option("-p, --parameter <name>", "the provisioner's parameter, for example /db-access/orders")
    .option("-r, --ref <file>", "in its place: a file with provisioner.ref as JSON")
    .option("--region <region>", "the parameter's Region (default: AWS_REGION)")
    .option("--role-arn <arn>", "a role to read the parameter with")
    .option("--owner <text>", "who asks, for the audit log (default: operator/<user>@<machine>)")
    .option("-y, --yes", "ask nobody")
    .option("--json", "print as JSON")
    .action(async (username: string, options: ResetOptions) => {
      const report = await reset(username, options).catch((error: unknown) => {
        throw error instanceof CallFailure ? error.error : error;
      });
      if (options.json === true) return printJson(report);
      show(report);
    });
}

async function reset(username: string, options: ResetOptions): Promise<ResetReport> {
  const transport = new AwsTransport();
  const ref = await findProvisioner(options, transport);
  const client = createClient(transport);
  const order = { ref, username, ...(options.owner === undefined ? {} : { owner: options.owner }) };
  // A provisioner resets, and does not plan to.
  if (options.yes !== true)
    await confirm(
      [
        `In cluster ${ref.cluster} (${ref.database.host}):`,
        `  Give ${username} a fresh password and put it into its secret.`,
        "Open sessions go on. Whoever keeps the present password cannot connect again until it reads the secret.",
      ].join("\n"),
      username,
    );
  return resetPassword(client, order);
}

function show({ cluster, username, secretArn, secretVersionId, passwordLastChanged, warnings }: ResetReport): void {
  const rows = [
    ["cluster", cluster],
    ["login", username],
    ["secret", secretArn ?? ""],
    ["version", secretVersionId ?? ""],
    ["changed", passwordLastChanged ?? ""],
  ];
  print(plainTable(["what", "now"], rows));
  for (const warning of warnings) say(`warning: ${warning}`);
}
