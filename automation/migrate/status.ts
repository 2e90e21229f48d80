import { compare, isPending, type FileLine } from "./compare";
import { filesIfAny } from "./folder";
import { ask, siteOf, whereOf, type SiteOptions, type Where } from "./site";
import type { MigrationStatus } from "../../provisioner/protocol";
import { fileTable, filesWord, heading, holderWords, otherWords } from "./words";

export interface StatusReport extends Where, Pick<MigrationStatus, "blocks" | "owner" | "holder" | "others"> {
  /** Absent where there was no folder to compare with. */
  pending?: string[];
  files: FileLine[];
}

/** How it stands: pure reads. */
export async function migrationStatus(options: SiteOptions): Promise<StatusReport> {
  const files = filesIfAny(options.directory);
  const site = await siteOf(options);
  const status = await ask(site, { operation: "plan", ...(files === undefined ? {} : { files }) });
  const { owner, holder, others, blocks } = status;
  const lines = compare(files, status);
  return {
    ...whereOf(site, status),
    ...(files === undefined ? {} : { pending: lines.filter(isPending).map(({ file }) => file) }),
    files: lines,
    // Without a folder every file that ran would be called missing from it.
    blocks: files === undefined ? [] : blocks,
    ...(owner === undefined ? {} : { owner }),
    ...(holder === undefined ? {} : { holder }),
    others,
  };
}

export function statusWords(report: StatusReport): string[] {
  const { files, pending, blocks, owner } = report;
  return [
    heading(report),
    ...(files.length === 0 ? ["Nothing has run here."] : ["", fileTable(files), ""]),
    ...(pending === undefined
      ? ["There is no folder ./migrations here, so that only the history is shown; name it with --directory <folder>."]
      : [pending.length === 0 ? "Nothing is pending." : `${filesWord(pending.length)} pending.`]),
    ...(blocks.length === 0 ? [] : ["Something is in the way; db-access migrate plan says what."]),
    ...(owner === undefined ? [] : [`Claimed by ${owner}.`]),
    ...holderWords(report),
    ...otherWords(
      report.others,
      files.some(({ state }) => state !== "pending"),
    ),
  ];
}
