import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Bytes of the files in a folder, without packages inside it. */
function ownSize(folder: string): number {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.reduce((sum, entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? sum : sum + ownSize(file);
    return entry.isFile() ? sum + readFileSync(file).length : sum;
  }, 0);
}

export interface Installed {
  name: string;
  bytes: number;
}

/** What npm has installed into a folder, each package by itself. */
export function installedIn(folder: string): Installed[] {
  const lock = JSON.parse(readFileSync(path.join(folder, "package-lock.json"), "utf8")) as { packages: object };
  return Object.keys(lock.packages)
    .filter((place) => place !== "")
    .map((place) => ({
      name: place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length),
      bytes: ownSize(path.join(folder, place)),
    }))
    .sort((one, other) => other.bytes - one.bytes || (one.name < other.name ? -1 : 1));
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

/** The largest by themselves, the rest as one line of names. */
export function printed(all: readonly Installed[]): string[] {
  const large = all.filter(({ bytes }) => bytes >= 200_000);
  const small = all.filter(({ bytes }) => bytes < 200_000);
  const sum = (some: readonly Installed[]): string => megabytes(some.reduce((total, { bytes }) => total + bytes, 0));
  const width = Math.max(...large.map(({ name }) => name.length));
  return [
    `${all.length} packages, ${sum(all)}, the package itself included`,
    ...large.map(({ name, bytes }) => `${name.padEnd(width)}  ${megabytes(bytes).padStart(8)}`),
    `${small.length} more, ${sum(small)}: ${small.map(({ name }) => name).join(", ")}`,
  ];
}
