import type { MigrationStatus } from "../../provisioner/protocol";
import { CommandFailure } from "../errors";
import { confirm } from "../terminal/confirm";
import { filesIn } from "./folder";
import { ask, siteOf, whereOf, type SiteOptions, type Where } from "./site";
import { heading } from "./words";

export const resolutions = ["retry", "applied", "skip"] as const;
export type Resolution = (typeof resolutions)[number];

export interface ResolveOptions extends SiteOptions {
  as: Resolution;
  /** The failure that somebody has looked at. Default: the one that the question shows. */
  failure?: string;
  yes?: boolean;
}

export interface ResolveReport extends Where {
  file: string;
  as: Resolution;
  failure: string;
}

const meaning: Record<Resolution, string> = {
  retry: "It runs again, from its beginning, with the next deployment.",
  applied: "It counts as there, all of it, and never runs again.",
  skip: "It never runs.",
};

/** Says what became of a file that failed part of the way. Runs nothing. */
export async function resolveMigration(file: string, options: ResolveOptions): Promise<ResolveReport> {
  const files = filesIn(options.directory);
  const site = await siteOf(options);
  const status = await ask(site, { operation: "plan", files });
  const { words, failure } = failureOf(file, status);
  if (options.failure !== undefined && options.failure !== failure)
    throw new CommandFailure(
      "AnotherFailure",
      `${file} has failed again since ${options.failure}: it is ${failure} now. Look at the database once more.`,
    );
  const where = whereOf(site, status);
  const { as } = options;
  // Without a person, the id proves that one has looked at this very failure.
  if (options.yes === true && options.failure === undefined)
    throw new CommandFailure("BadArguments", `Say with --yes which failure was looked at: --failure ${failure}.`);
  if (options.yes !== true)
    await confirm([heading(where), `  ${words}`, `Count it as "${as}"? ${meaning[as]}`].join("\n"), file);
  await ask(site, { operation: "resolve", files, resolve: { [file]: { as, failure } } });
  return { ...where, file, as, failure };
}

function failureOf(file: string, { blocks, holder }: MigrationStatus): { words: string; failure: string } {
  const block = blocks.find((candidate) => candidate.code === "failed" && candidate.file === file);
  if (block?.failure !== undefined) return { words: block.words, failure: block.failure };
  throw new CommandFailure(
    "NothingToResolve",
    holder === undefined
      ? `${file} has not failed in this database; db-access migrate status says how it stands.`
      : `Migrations are running now (${holder}); wait until they have ended.`,
  );
}

export const resolveWords = (report: ResolveReport): string[] => {
  const { file, as, failure } = report;
  return [
    heading(report),
    `${file}: ${as}. ${meaning[as]}`,
    `A program says the same with resolve: { "${file}": { failure: "${failure}", as: "${as}" } }`,
  ];
};
