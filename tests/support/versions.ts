import { appendFileSync } from "node:fs";
import path from "node:path";
import type { RunningServer } from "../../local/servers";
import { productWords } from "../../provisioner/protocol";

const skipped = (process.env.DB_ACCESS_SKIP_ENGINES ?? "").split(",");

/** The versions of a test that can run here. Only a flag that somebody named leaves one out. */
export const versionsToTest = (...specs: string[]): string[] =>
  specs.filter((spec) => !skipped.includes(spec.split("@")[0]));

/** For the last line of a run: what the server itself says it is. */
export function noteServer(server: RunningServer): void {
  const file = path.join(__dirname, "..", "..", "dist", "test-servers.txt");
  appendFileSync(file, `${productWords(server.spec.engine)} ${server.version}\n`);
}
