import type { MigrationStatus, OtherTool } from "../../provisioner/protocol";
import { CommandFailure } from "../errors";
import { confirm } from "../terminal/confirm";
import { filesIn } from "./folder";
import { ask, siteOf, whereOf, type SiteOptions, type Where } from "./site";
import { filesWord, heading } from "./words";

export interface BaselineOptions extends SiteOptions {
  from: OtherTool;
  /** The highest number that counts as there. Default: what the other tool's history says. */
  to?: string;
  yes?: boolean;
}

export interface BaselineReport extends Where {
  from: OtherTool;
  /** Of the other tool. */
  table?: string;
  /** What counts as there now. */
  baselined: string[];
}

/** Counts as there what another tool has run, after it was shown. Runs nothing. */
export async function baselineMigrations(options: BaselineOptions): Promise<BaselineReport> {
  const { from: tool, to } = options;
  const files = filesIn(options.directory);
  const site = await siteOf(options);
  const from = { tool, ...(to === undefined ? {} : { to }) };
  const planned = await ask(site, { operation: "baseline", files, texts: true, from: { ...from, dryRun: true } });
  const table = planned.others.find((other) => other.tool === tool)?.table;
  refuse(planned, table, options);
  const where = whereOf(site, planned);
  if (options.yes !== true)
    await confirm(
      [
        heading(where),
        `After ${String(table)}, ${filesWord(planned.pending.length)} will count as there and never run:`,
        ...planned.pending.map((name) => `  ${name}`),
      ].join("\n"),
      where.database,
    );
  const { ran } = await ask(site, { operation: "baseline", files, texts: true, from });
  return { ...where, from: tool, ...(table === undefined ? {} : { table }), baselined: ran.map(({ name }) => name) };
}

function refuse({ blocks, pending }: MigrationStatus, table: string | undefined, { from }: BaselineOptions): void {
  if (blocks.length > 0)
    throw new CommandFailure("MigrationRefused", `${blocks.map(({ words }) => words).join(" ")} Nothing was changed.`);
  if (table === undefined)
    throw new CommandFailure("MigrationRefused", `This database has no history of ${from}. Nothing was changed.`);
  if (pending.length === 0)
    throw new CommandFailure("MigrationRefused", "No file of the folder is one of those. Nothing was changed.");
}

export const baselineWords = (report: BaselineReport): string[] => [
  heading(report),
  ...report.baselined.map((name) => `there: ${name}`),
  `${filesWord(report.baselined.length)} counted as there.`,
];
