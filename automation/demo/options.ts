import type { ServerSpec } from "../../local/servers";

export const demoEngines = ["postgresql", "mysql"] as const;
export type DemoEngine = (typeof demoEngines)[number];

export interface DemoOptions {
  engines: DemoEngine[];
  /** Leave the stack running at the end, and say how to reach it. */
  keep: boolean;
}

export const engineTitle: Record<DemoEngine, string> = { postgresql: "PostgreSQL", mysql: "MySQL" };

export const engineSpec: Record<DemoEngine, ServerSpec> = {
  postgresql: { engine: "postgresql", version: "17" },
  mysql: { engine: "mysql", version: "8.0" },
};

/** Logical names, as a database team would choose them. */
export const engineCluster: Record<DemoEngine, string> = { postgresql: "orders", mysql: "shop" };

/** The cluster of the fan-out whose database does not answer. */
export const unreachableCluster = "archive";
