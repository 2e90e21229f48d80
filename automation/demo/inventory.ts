import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { dialects } from "./dialect";
import { byHand, migrator, type Scene } from "./scene";

/** Everything on a server that the demo could leave behind. */
export interface Inventory {
  principals: string[];
  databases: string[];
}

/** The provisioner's own record stays: it is what makes a drop safe. So does its login, with an `@host` on MySQL. */
const kept = ["db_access", migrator, `${migrator}@%`];

export async function inventory(scene: Scene): Promise<Inventory> {
  const dialect = dialects[scene.engine];
  const names = async (query: string): Promise<string[]> =>
    (await byHand(scene, [query], "")).map((row) => String(row.name)).filter((name) => !kept.includes(name));
  return { principals: await names(dialect.principals), databases: await names(dialect.databases) };
}

/** What is there now and was not before. */
export const leftOver = (before: readonly string[], now: readonly string[]): string[] =>
  now.filter((name) => !before.includes(name));

interface Checkpoint {
  checkpoint?: { latest?: { resources?: unknown[] | null } | null };
}

/** Resources in all stacks of a file backend, read from its files. */
export function resourcesInState(directory: string): number {
  const stacks = path.join(directory, ".pulumi", "stacks");
  const files = readdirSync(stacks, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".json"));
  return files
    .map((file) => JSON.parse(readFileSync(path.join(stacks, file), "utf8")) as Checkpoint)
    .reduce((total, { checkpoint }) => total + (checkpoint?.latest?.resources?.length ?? 0), 0);
}
