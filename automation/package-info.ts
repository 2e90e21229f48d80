import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** The package's folder: one level up from the sources, two from the compiled files. */
export function packageRoot(): string {
  let directory = __dirname;
  while (!existsSync(path.join(directory, "package.json"))) directory = path.dirname(directory);
  return directory;
}

export function packageVersion(): string {
  const text = readFileSync(path.join(packageRoot(), "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
