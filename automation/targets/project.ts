import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stringify } from "yaml";
import type { ProjectFolder } from "./target";

/**
 * A folder with a `Pulumi.yaml` is a project already and is used as it is. For a single file a project is written beside
 * the fleet file, and kept: its stack settings hold the salt or key that the stacks' secrets are encrypted with.
 */
export function projectFolder(program: string, project: string | undefined, beside: string): ProjectFolder {
  if (statSync(program).isDirectory()) return { directory: program, generated: false };
  const name = project ?? path.basename(program, path.extname(program));
  return writeProject(path.join(beside, ".db-access", "projects", name), name, program);
}

/** The entry file is named in full, so that modules are found from where the program is, not from this folder. */
export function writeProject(directory: string, name: string, program: string): ProjectFolder {
  const file = path.join(directory, "Pulumi.yaml");
  const text = stringify({ name, runtime: "nodejs", main: program });
  mkdirSync(directory, { recursive: true });
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
  return { directory, generated: true };
}
