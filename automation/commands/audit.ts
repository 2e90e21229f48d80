import type { Command } from "commander";
import { AwsTransport, createClient } from "../../components/client";
import { verifyAudit } from "../audit/run";
import type { AuditReport } from "../audit/verify";
import { exitCodes } from "../exit-codes";
import { findProvisioner, type ProvisionerOptions } from "../reset/provisioner";
import { print, printJson } from "../terminal/output";
import { plainTable } from "../terminal/table";

interface VerifyOptions extends ProvisionerOptions {
  file?: string;
  logGroup?: string;
  logRoleArn?: string;
  since?: string;
  json?: boolean;
}

export function addAuditCommands(program: Command): void {
  const audit = program.command("audit").description("the record of what was changed, refused and failed");
  audit
    .command("verify")
    .description("prove that no audit event is missing or was changed, as far back as the log goes")
    .option("-p, --parameter <name>", "the provisioner's parameter, for example /db-access/orders")
    .option("-r, --ref <file>", "in its place: a file with provisioner.ref as JSON")
    .option("--region <region>", "the parameter's Region (default: AWS_REGION)")
    .option("--role-arn <arn>", "a role to read the parameter with")
    .option(
      "-f, --file <file>",
      "an export of the events in place of the log group; without a provisioner it is not compared with the server",
    ) // prettier-ignore
    .option("--log-group <name>", "the log group (default: /db-access/<cluster>/audit)")
    .option("--log-role-arn <arn>", "a role to read the log group with")
    .option("--since <time>", "look at nothing before this time, for example 2026-01-31")
    .option("--json", "print as JSON")
    .action(async (options: VerifyOptions) => {
      const reports = await verify(options);
      if (options.json === true) printJson(reports.length === 1 ? reports[0] : reports);
      else for (const report of reports) show(report);
      if (reports.some(({ intact }) => !intact)) process.exitCode = exitCodes.auditBroken;
    });
}

async function verify({ json: _json, ...options }: VerifyOptions): Promise<AuditReport[]> {
  const transport = new AwsTransport();
  const named = options.parameter !== undefined || options.ref !== undefined || options.file === undefined;
  const ref = named ? await findProvisioner(options, transport) : undefined;
  const { file, logGroup, logRoleArn, since } = options;
  return verifyAudit(createClient(transport), { ref, file, logGroup, logRoleArn, since });
}

function show({ cluster, intact, events, streams, changes, recorded, problems, notes }: AuditReport): void {
  const rows = [
    ["cluster", cluster],
    ["events", `${events} in ${streams.length} ${streams.length === 1 ? "stream" : "streams"}`],
    ["changes", changes === undefined ? "none" : `${changes.from} to ${changes.to}`],
    ["on the server", recorded === undefined ? "not asked" : recorded === 0 ? "none" : `change ${recorded}`],
    ["result", intact ? "intact" : "BROKEN"],
  ];
  print(plainTable(["what", "found"], rows));
  for (const problem of problems) print(`problem: ${problem}`);
  for (const note of notes) print(`note: ${note}`);
}
