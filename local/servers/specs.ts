import type { LocalEngine, ServerSpec } from "./types";

const versions: Record<LocalEngine, readonly string[]> = {
  postgresql: ["13", "14", "15", "16", "17", "18"],
  mysql: ["8.0", "9.7"],
  mariadb: ["10.11"],
};

const defaults: Record<string, string | undefined> = { postgresql: "17", mysql: "8.0", mariadb: "10.11" };

export const supportedSpecs: readonly ServerSpec[] = (Object.keys(versions) as LocalEngine[]).flatMap((engine) =>
  versions[engine].map((version) => ({ engine, version })),
);

export function formatSpec(spec: ServerSpec): string {
  return `${spec.engine}@${spec.version}`;
}

/** `postgresql@17`; without a version, the engine's default. */
export function parseServerSpec(text: string): ServerSpec {
  const [engine, version = defaults[engine]] = text.trim().split("@");
  const spec = supportedSpecs.find((known) => known.engine === engine && known.version === version);
  if (spec) return { ...spec };
  throw new Error(`There is no local server "${text}". Available: ${supportedSpecs.map(formatSpec).join(", ")}.`);
}
