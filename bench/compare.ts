import { BenchStack, type Engine, type Program, type Timed } from "./engine";
import { differences, expected, nothing as noInventory, takeInventory } from "./inventory";
import type { Peaks } from "./measure/memory";
import type { Traffic } from "./measure/recorder";
import type { Sql } from "./measure/server-log";
import { absentDatabase } from "./absent-database";
import { cluster, type World } from "./world";

export const operations = ["preview", "up", "no-op up", "refresh", "destroy"] as const;
export type Operation = (typeof operations)[number];

/** The last four as `pulumi … --yes` after its preview: that is measured by itself. */
const commands: Record<Operation, readonly string[]> = {
  preview: ["preview"],
  up: ["up", "--yes", "--skip-preview"],
  "no-op up": ["up", "--yes", "--skip-preview", "--expect-no-changes"],
  refresh: ["refresh", "--yes", "--skip-preview", "--expect-no-changes"],
  destroy: ["destroy", "--yes", "--skip-preview"],
};

export interface Step {
  operation: Operation;
  seconds: number;
  /** The same operation on as many resources that do nothing. */
  nothingSeconds: number;
  ratio: number;
  traffic: Traffic;
  sql: Sql;
}

export interface Comparison {
  users: number;
  /** Of each user. */
  grants: number;
  resources: number;
  steps: Step[];
  /** Bytes of state for each resource. */
  state: Record<Program, number>;
  memory: Record<Program, Peaks>;
  /** Whatever a good run does not have. */
  problems: string[];
}

const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));

/** Runs both programs operation by operation, so that whatever else the machine does meets both. */
export async function compare(
  world: World,
  engine: Engine,
  { users, grants }: Pick<Comparison, "users" | "grants">,
  say: (line: string) => void,
): Promise<Comparison> {
  const shared = { users: String(users), grants: String(grants), prefix: cluster };
  const { ref, server } = world.target;
  const stacks: Record<Program, BenchStack> = {
    users: await BenchStack.create(engine, "users", `users-${users}-${grants}`, {
      ...shared,
      engine: server?.spec.engine ?? "",
      provisioner: ref.discovery.parameter,
      "db-access:namespace": "bench",
    }),
    nothing: await BenchStack.create(engine, "nothing", `users-${users}-${grants}`, {
      ...shared,
      ref: JSON.stringify(ref),
    }),
  };
  const resources = users * (1 + grants) + 2;
  const result: Comparison = {
    users,
    grants,
    resources,
    steps: [],
    state: { users: 0, nothing: 0 },
    memory: { users: {}, nothing: {} },
    problems: [],
  };
  const empty = { users: stacks.users.state().bytes, nothing: stacks.nothing.state().bytes };

  const run = async (operation: Operation, program: Program): Promise<Timed> => {
    const done = progress(
      say,
      `${users} users, ${operation}, ${program === "users" ? "ours" : "doing nothing"}`,
      resources,
    );
    const timed = await stacks[program].timed(commands[operation], done.line);
    done.end(timed.seconds);
    for (const [role, peak] of Object.entries(timed.peaks) as [keyof Peaks, number][])
      result.memory[program][role] = Math.max(result.memory[program][role] ?? 0, peak);
    return timed;
  };

  // What went before is not this comparison's.
  world.recorder.take();
  world.log.take();
  for (const [index, operation] of operations.entries()) {
    // Neither is always the first.
    const first: Program = index % 2 === 0 ? "users" : "nothing";
    const before = first === "nothing" ? await run(operation, "nothing") : undefined;
    const ours = await run(operation, "users");
    const { seconds: nothingSeconds } = before ?? (await run(operation, "nothing"));
    const traffic = world.recorder.take();
    const sql = world.log.take();
    result.steps.push({
      operation,
      seconds: rounded(ours.seconds),
      nothingSeconds: rounded(nothingSeconds),
      ratio: rounded(ours.seconds / nothingSeconds),
      traffic: { ...traffic, busySeconds: rounded(traffic.busySeconds) },
      sql,
    });
    result.problems.push(...problemsOf(operation, traffic, sql));
    if (operation !== "up") continue;
    for (const program of ["users", "nothing"] as const) {
      const state = stacks[program].state();
      result.state[program] = Math.round((state.bytes - empty[program]) / resources);
      if (state.resources !== resources)
        result.problems.push(`after up: ${state.resources} resources of ${program} in state, not ${resources}`);
    }
    result.problems.push(...differences("after up", await takeInventory(world), expected(users, grants)));
  }
  const left = stacks.users.state().resources;
  if (left > 0) result.problems.push(`after destroy: ${left} resources in state`);
  result.problems.push(...differences("after destroy", await takeInventory(world), noInventory));
  return result;
}

/** Nobody else is there: every error and every repetition is of our own making. */
const problemsOf = (operation: Operation, traffic: Traffic, sql: Sql): string[] => [
  ...(traffic.retries > 0 ? [`${operation}: ${traffic.retries} claims were sent again`] : []),
  ...Object.entries(traffic.errors).map(([code, times]) => `${operation}: ${code}, ${times} times`),
  ...Object.entries(sql.errors)
    .filter(([code]) => code !== absentDatabase)
    .map(([code, times]) => `${operation}: SQLSTATE ${code}, ${times} times`),
];

const lineEveryMs = 5000;

/** One line now and then while the engine works, and one when it has. */
function progress(
  say: (line: string) => void,
  title: string,
  resources: number,
): { line(text: string): void; end(seconds: number): void } {
  let said = Date.now();
  const seen = new Set<string>();
  return {
    line: (text) => {
      const [resource] = /pulumi-nodejs:dynamic\S+ \S+/.exec(text) ?? [];
      if (resource !== undefined) seen.add(resource);
      if (Date.now() - said < lineEveryMs) return;
      said = Date.now();
      say(`${title}: ${seen.size} of ${resources} resources …`);
    },
    end: (seconds) => say(`${title}: ${seconds.toFixed(1)} s`),
  };
}
