import { asAdmin } from "../connection";
import { DbAccessError } from "../errors";
import type { MigrationStatus } from "../protocol/migrations";
import { refusal } from "./files";
import type { Finding } from "./finding";
import { mainNameOf, type MigrationFile } from "./folder";
import type { HistoryRow } from "./history";
import type { Job } from "./job";
import { otherHistoryBlock } from "./others/block";
import type { OtherHistory } from "./others/tool";
import { hashOf } from "./text";
import { planMigrations, type MigrationPlan, type PlannedFile } from "./plan";

export interface Found {
  history: readonly HistoryRow[];
  others: readonly OtherHistory[];
}

/** What is to be done with a history, and everything that is in the way. */
export interface Judgement {
  planned: MigrationPlan;
  status: MigrationStatus;
}

/** Pure reads, as the admin. */
export async function plan(job: Job, owner: string | undefined): Promise<MigrationStatus> {
  const { database, historyTable } = job.request.migration;
  const { holder, ...found } = await asAdmin(job, (admin) => job.family.lookAt(job, admin, database, historyTable));
  const { status } = await judge(job, found);
  const known = { ...status, ...(owner === undefined ? {} : { owner }) };
  if (holder === undefined) return known;
  // What somebody is running now has not ended, and has not been cut short either.
  return { ...known, holder, blocks: status.blocks.filter(({ code }) => code !== "failed") };
}

export async function judge(job: Job, found: Found): Promise<Judgement> {
  const { migration } = job.request;
  const files = plannedWith(job);
  const other = otherHistoryBlock(found.others, found.history, migration.baseline);
  const asked = planMigrations(files, found.history, migration);
  const planned = other === undefined ? asked : { steps: [], blocks: [other, ...asked.blocks] };
  const { problems, findings } = await job.family.analyse(pendingTexts(planned, job.texts ?? []));
  const status = statusOf(job, found, planned, findings);
  const wrong = problems.map(({ file, words }) => ({ code: "notRunnable", file, words: `${file} ${words}.` }));
  return { planned, status: { ...status, blocks: [...status.blocks, ...wrong] } };
}

/** Known texts say what would be sent. */
export const plannedWith = ({ files, texts = [] }: Pick<Job, "files" | "texts">): PlannedFile[] => {
  const rendered = new Map(texts.map(({ name, text }) => [name, hashOf(text)]));
  return files.map((file) => ({ ...file, rendered: rendered.get(file.name) }));
};

export const statusOf = (
  { runAs, texts = [] }: Pick<Job, "runAs" | "texts">,
  { history, others }: Found,
  planned: MigrationPlan,
  findings: readonly Finding[],
): MigrationStatus => ({
  runAs,
  history: history.map(({ name, sha256, state, at, ms, statement }) => ({
    name,
    sha256,
    state,
    at,
    ...(ms === undefined ? {} : { ms }),
    ...(statement === undefined ? {} : { statement }),
  })),
  pending: planned.steps.map(({ file }) => file.name),
  blocks: planned.blocks,
  findings: findings.map((finding) => ({ ...finding, acknowledged: acknowledges(texts, finding) })),
  others: [...others],
  ran: [],
  incomplete: false,
});

const acknowledges = (texts: readonly MigrationFile[], { file, kind }: Finding): boolean =>
  texts.some(({ name, header }) => name === file && header.allows.includes(kind));

/** Those that will run, with what checks them. */
const pendingTexts = ({ steps }: MigrationPlan, texts: readonly MigrationFile[]): MigrationFile[] =>
  texts.filter(({ name, kind }) =>
    steps.some(
      (step) =>
        step.kind === "apply" &&
        (step.file.name === name || (kind === "verify" && step.file.name === mainNameOf(name))),
    ),
  );

/** Before anything is changed. */
export function refuse({ blocks, findings }: MigrationStatus, { migration }: Job["request"]): void {
  if (blocks.length > 0)
    throw new DbAccessError("MigrationRefused", `${blocks.map(({ words }) => words).join(" ")} Nothing was changed.`);
  const unsaid = findings.filter(({ acknowledged }) => !acknowledged);
  if (unsaid.length > 0 && migration.lint === "refuse")
    throw refusal(
      unsaid.map(({ file, line, words, kind }) => ({
        file,
        words: `(line ${line}) ${words}; if it is meant, say "-- migrate: allow ${kind}" at the top of the file`,
      })),
    );
}
