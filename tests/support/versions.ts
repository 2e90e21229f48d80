import { appendFileSync } from "node:fs";
import path from "node:path";
import type { RunningDirectory } from "../../local/directory";
import type { RunningServer } from "../../local/servers";
import { productWords } from "../../provisioner/protocol";

const listed = (name: string): string[] => (process.env[name] ?? "").split(",").filter((entry) => entry !== "");
const skipped = listed("DB_ACCESS_SKIP_ENGINES");
const chosen = listed("DB_ACCESS_SERVERS");
const engineOf = (spec: string): string => spec.split("@")[0];

/**
 * The versions of a test that can run here. Only a flag that somebody named leaves one out, or takes others: the
 * matrix has every suite run on every version of the engines that the suite knows.
 */
export function versionsToTest(...specs: string[]): string[] {
  const engines = specs.map(engineOf);
  const versions = chosen.length === 0 ? specs : chosen.filter((spec) => engines.includes(engineOf(spec)));
  return versions.filter((spec) => !skipped.includes(engineOf(spec)));
}

/** Whether somebody has named it to be left out. */
export const isSkipped = (name: string): boolean => skipped.includes(name);

/** For the last line of a run: what the server itself says it is. */
export const noteServer = (server: RunningServer): void =>
  note(`${productWords(server.spec.engine)} ${server.version}`);

export const noteDirectory = (server: RunningDirectory): void => note(`OpenLDAP ${server.version}`);

const note = (words: string): void =>
  appendFileSync(path.join(__dirname, "..", "..", "dist", "test-servers.txt"), `${words}\n`);
