import { createHash } from "node:crypto";
import { basename } from "node:path";
import { readDirectory } from "../../components/migration-folder";
import { analyse as analyseMysql } from "../../provisioner/migrations/mysql/analyse";
import { ParserMissing } from "../../provisioner/migrations/parser-missing";
import { analyse as analysePostgresql } from "../../provisioner/migrations/postgresql/analyse";
import { renderFiles, type Quoting } from "../../provisioner/migrations/render";
import { familyOf, type EngineName, type MigrationFile } from "../../provisioner/protocol";
import { CommandFailure } from "../errors";
import { testedVersion } from "../package-info";
import { findProvisioner } from "../reset/provisioner";
import { AwsTransport } from "../../components/client";
import { existingDirectory, filesIn } from "./folder";
import { ask, siteOf, type SiteOptions } from "./site";
import { variablesIn } from "./variables";
import { filesWord, findingWords, type FindingLine } from "./words";

export interface LintOptions extends SiteOptions {
  engine?: EngineName;
  /** By the provisioner, and of what has not run. */
  pending?: boolean;
  /** Files that are looked into. Names and numbers are checked in the folder as a whole. Default: all. */
  only?: readonly string[];
}

export interface LintReport {
  engine: EngineName;
  files: string[];
  /** What cannot run as it is. */
  problems: { file: string; words: string }[];
  findings: FindingLine[];
  /** An `up` would refuse it. */
  blocked: boolean;
}

export async function lintMigrations(options: LintOptions): Promise<LintReport> {
  const { engine, files, problems, findings } =
    options.pending === true ? await lintPending(options) : await lintFolder(options);
  const blocked = problems.length > 0 || findings.some(({ acknowledged }) => !acknowledged);
  return { engine, files, problems, findings, blocked };
}

type Found = Omit<LintReport, "blocked">;

async function lintPending(options: LintOptions): Promise<Found> {
  const files = filesIn(options.directory);
  const site = await siteOf(options);
  const { pending, blocks, findings } = await ask(site, { operation: "plan", files, texts: true });
  return {
    engine: site.ref.engine,
    files: pending,
    problems: blocks.map(({ file, words }) => ({ file, words })),
    findings,
  };
}

/** With the parsers of this machine, and without anybody's server. */
async function lintFolder(options: LintOptions): Promise<Found> {
  const engine = await engineOf(options);
  const folder = readDirectory(existingDirectory(options.directory));
  const files = chosen(folder.files, folder.problems, options);
  const rendered = renderFiles(files, variablesIn(options.variables), standIns);
  const found = await analysed(engine, rendered.files);
  const meant = new Map(files.map(({ name, kind, header }) => [name, { kind, header }]));
  return {
    engine,
    files: files.map(({ name }) => name),
    problems: [...folder.problems, ...rendered.problems, ...found.problems],
    findings: found.findings
      // What takes back destroys: that is what it is for.
      .filter(({ file }) => meant.get(file)?.kind !== "down")
      .map((finding) => ({
        ...finding,
        acknowledged: meant.get(finding.file)?.header.allows.includes(finding.kind) === true,
      })),
  };
}

function chosen(
  files: readonly MigrationFile[],
  problems: readonly { file: string }[],
  { only = [] }: LintOptions,
): readonly MigrationFile[] {
  const names = only.map((file) => basename(file));
  const unknown = names.find(
    (name) => ![...files.map((file) => file.name), ...problems.map(({ file }) => file)].includes(name),
  );
  if (unknown !== undefined)
    throw new CommandFailure("BadArguments", `${unknown} is not in the folder; name a file that is.`);
  return names.length === 0 ? files : files.filter(({ name }) => names.includes(name));
}

/** What is only looked at needs something of the right shape, and the same for the same name. */
const standIns: Quoting = {
  identifier: (name) => `v${createHash("sha256").update(name).digest("hex").slice(0, 20)}`,
  literal: () => "'text'",
};

async function engineOf(options: LintOptions): Promise<EngineName> {
  if (options.engine !== undefined) return options.engine;
  if (options.parameter !== undefined || options.ref !== undefined)
    return (await findProvisioner(options, new AwsTransport())).engine;
  throw new CommandFailure(
    "BadArguments",
    "Say whose SQL it is: --engine postgresql, mysql or mariadb, or name the provisioner.",
  );
}

function analysed(engine: EngineName, files: readonly MigrationFile[]): ReturnType<typeof analyseMysql> {
  const analyse = familyOf(engine) === "postgresql" ? analysePostgresql : analyseMysql;
  return analyse(files).catch((error: unknown) => {
    if (!(error instanceof ParserMissing)) throw error;
    const { packageName } = error;
    throw new CommandFailure(
      "ParserMissing",
      `Files are looked at here with ${packageName}, which is not installed: npm install --save-dev ${packageName}@${testedVersion(packageName) ?? "latest"}, or have the provisioner look at what is pending, with --pending.`,
    );
  });
}

export function lintWords({ engine, files, problems, findings }: LintReport): string[] {
  const unsaid = problems.length + findings.filter(({ acknowledged }) => !acknowledged).length;
  return [
    ...problems.map(({ file, words }) => `problem: ${words.startsWith(file) ? words : `${file} ${words}.`}`),
    ...findingWords(findings),
    `${filesWord(files.length)} looked at as ${engine}, ${unsaid === 0 ? "nothing" : unsaid} in the way.`,
  ];
}
