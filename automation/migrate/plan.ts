import type { MigrationStatus } from "../../provisioner/protocol";
import { filesIn } from "./folder";
import { ask, siteOf, whereOf, type SiteOptions, type Where } from "./site";
import { filesWord, findingWords, heading, holderWords } from "./words";

export interface PlanReport
  extends Where, Pick<MigrationStatus, "pending" | "blocks" | "findings" | "holder" | "others"> {
  /** An `up` would refuse it. */
  blocked: boolean;
}

/** What an `up` would do with the folder: pure reads. */
export async function migrationPlan(options: SiteOptions): Promise<PlanReport> {
  const files = filesIn(options.directory);
  const site = await siteOf(options);
  const status = await ask(site, { operation: "plan", files, texts: true });
  const { pending, blocks, findings, holder, others } = status;
  return {
    ...whereOf(site, status),
    blocked: blocks.length > 0 || findings.some(({ acknowledged }) => !acknowledged),
    pending,
    blocks,
    findings,
    ...(holder === undefined ? {} : { holder }),
    others,
  };
}

export function planWords(report: PlanReport): string[] {
  const { pending, blocks, findings, blocked } = report;
  return [
    heading(report),
    ...pending.map((name) => `pending: ${name}`),
    ...blocks.map(
      ({ file, words, failure }) => `in the way: ${words}${failure === undefined ? "" : ` ${orHere(file, failure)}`}`,
    ),
    ...findingWords(findings),
    ...holderWords(report),
    blocked
      ? "Nothing would run: something is in the way."
      : pending.length === 0
        ? "Nothing is to run."
        : `${filesWord(pending.length)} would run.`,
  ];
}

const orHere = (file: string, failure: string): string =>
  `Or here: db-access migrate resolve ${file} --as retry, applied or skip --failure ${failure}.`;
