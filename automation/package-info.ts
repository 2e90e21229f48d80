import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** The package's folder: one level up from the sources, two from the compiled files. */
export function packageRoot(): string {
  let directory = __dirname;
  while (!existsSync(path.join(directory, "package.json"))) directory = path.dirname(directory);
  return directory;
}

interface Manifest {
  version: string;
  devDependencies?: Record<string, string>;
}

const manifest = (): Manifest => JSON.parse(readFileSync(path.join(packageRoot(), "package.json"), "utf8")) as Manifest;

export const packageVersion = (): string => manifest().version;

/** The version that this package was tested with, of one that it does not bring along. */
export const testedVersion = (name: string): string | undefined => manifest().devDependencies?.[name];
