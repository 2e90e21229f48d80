import type { Command } from "commander";
import { doctor } from "../../local/doctor";
import { print, printJson } from "../terminal/output";
import { colours } from "../terminal/style";
import { plainTable } from "../terminal/table";

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("show what this machine has, what will be fetched on first use, and what is missing")
    .option("--json", "print as JSON")
    .action(async (options: { json?: boolean }) => {
      const findings = await doctor();
      if (options.json === true) return printJson(findings);
      const colour = colours();
      const rows = findings.map(({ what, found, from, willFetch, missing }) => [
        what,
        missing !== undefined
          ? `${colour.red("missing")}: ${missing}`
          : willFetch !== undefined
            ? `${colour.yellow("will be fetched")}: ${willFetch}`
            : `${found ?? "unknown"}${from === undefined ? "" : ` (${from})`}`,
      ]);
      print(plainTable(["what", "found"], rows));
    });
}
