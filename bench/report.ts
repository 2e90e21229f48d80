import { absentDatabase } from "./absent-database";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "../automation/package-info";
import type { Comparison, Step } from "./compare";
import type { InvokeResult } from "./measure/invoke";
import type { MessageCount } from "./measure/messages";

/** One file of `bench/results`. */
export interface Result extends Comparison {
  engine: string;
  date: string;
  machine: { cores: number; memoryGiB: number; platform: string };
  versions: { package: string; node: string; pulumi: string; server: string };
  bundle: { bytes: number; zipBytes: number };
  invoke: InvokeResult;
  messages: MessageCount[];
}

const title: Record<string, string> = { postgresql: "PostgreSQL", mysql: "MySQL", mariadb: "MariaDB" };

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;

export function markdown(head: readonly string[], rows: readonly (readonly string[])[], leftColumns: number): string {
  const width = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column].length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column < leftColumns ? cell.padEnd(width[column]) : cell.padStart(width[column]))).join(" | ")} |`;
  const rule = width.map((columns, column) =>
    column < leftColumns ? "-".repeat(columns) : `${"-".repeat(columns - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

export const serverOf = ({ engine, versions }: Result): string => `${title[engine] ?? engine} ${versions.server}`;

function stepRow(result: Result, { operation, seconds, nothingSeconds, ratio, traffic, sql }: Step): string[] {
  const { session, ledger, reads, changing } = sql.messages;
  const errors = Object.entries({ ...traffic.errors, ...sql.errors })
    .filter(([code]) => code !== absentDatabase)
    .reduce((total, [, times]) => total + times, 0);
  return [
    serverOf(result),
    `${result.users} × ${result.grants}`,
    operation,
    `${seconds.toFixed(1)} s`,
    `${nothingSeconds.toFixed(1)} s`,
    ratio.toFixed(1),
    String(traffic.invocations),
    traffic.invocations === 0 ? "" : (traffic.claims / traffic.invocations).toFixed(1),
    `${traffic.busySeconds.toFixed(1)} s`,
    String(sql.connections),
    `${session} + ${ledger} + ${reads} + ${changing}`,
    String(traffic.secretCalls),
    String(traffic.retries),
    String(errors),
  ];
}

const stepHead = [
  "Server",
  "Users × grants",
  "Operation",
  "Time",
  "Do nothing",
  "Ratio",
  "Invocations",
  "Claims each",
  "Busy",
  "Connections",
  "Messages",
  "Secret calls",
  "Retries",
  "Errors",
];

function otherRow(result: Result): string[] {
  const { invoke, memory, state } = result;
  const latency = ({ p50, p95 }: { p50: number; p95: number }): string => `${p50.toFixed(0)} / ${p95.toFixed(0)} ms`;
  const peak = (mib: number | undefined): string => (mib === undefined ? "" : `${mib} MiB`);
  return [
    serverOf(result),
    `${result.users} × ${result.grants}`,
    latency(invoke.cold),
    latency(invoke.warm),
    kilobytes(state.users),
    kilobytes(state.nothing),
    peak(memory.users.providerHost),
    peak(memory.nothing.providerHost),
    peak(memory.users.function),
  ];
}

const otherHead = [
  "Server",
  "Users × grants",
  "Cold invoke p50 / p95",
  "Warm invoke p50 / p95",
  "State per resource",
  "Do nothing",
  "Provider host",
  "Do nothing",
  "Function",
];

/** One request each, to a function that is warm: what is sent beside the opening of the session. */
export function messageTable(results: readonly Result[]): string {
  const byServer = new Map(results.map((result) => [serverOf(result), result.messages]));
  const operations = [...byServer.values()][0]?.map(({ operation }) => operation) ?? [];
  const cell = (counts: readonly MessageCount[], operation: string): string => {
    const found = counts.find((count) => count.operation === operation);
    return found === undefined ? "" : `${found.ledger} + ${found.others}`;
  };
  const rows = operations.map((operation) => [
    operation,
    ...[...byServer.values()].map((counts) => cell(counts, operation)),
  ]);
  return `Messages of one request (lock and ledger + all others):\n\n${markdown(["Request", ...byServer.keys()], rows, 1)}`;
}

const legend = [
  "Time: wall time of the whole command; `up`, `refresh` and `destroy` without their preview, which is measured by itself.",
  "Do nothing: the same for as many dynamic resources that return at once, in turn with ours.",
  "Busy: seconds with at least one invocation running.",
  "Messages: what the provisioner sent to the server, as opening of sessions + lock and ledger + reads + changing.",
].join("\n");

/** For people and for the README alike. */
export function tables(results: readonly Result[]): string {
  const [latest] = [...results].sort((a, b) => b.date.localeCompare(a.date));
  if (latest === undefined) return "";
  const { machine, versions, bundle, date } = latest;
  const facts =
    `Measured ${date} on ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}, Node.js ${versions.node}, ` +
    `Pulumi ${versions.pulumi}, file backend. ` +
    `The provisioner's archive: ${kilobytes(bundle.zipBytes)}, unpacked ${kilobytes(bundle.bytes)}.`;
  const rows = results.flatMap((result) => result.steps.map((step) => stepRow(result, step)));
  return [facts, markdown(stepHead, rows, 3), legend, markdown(otherHead, results.map(otherRow), 2)].join("\n\n");
}

const folder = (): string => path.join(packageRoot(), "bench", "results");

const engines = Object.keys(title);

/** By server, then by size. */
export const sorted = (results: readonly Result[]): Result[] =>
  [...results].sort(
    (a, b) => engines.indexOf(a.engine) - engines.indexOf(b.engine) || a.grants - b.grants || a.users - b.users,
  );

/** One file per engine and size. Resolves with all of them, also of earlier runs. */
export function writeResults(results: readonly Result[]): Result[] {
  mkdirSync(folder(), { recursive: true });
  for (const result of results)
    writeFileSync(
      path.join(folder(), `${result.engine}-${result.users}x${result.grants}.json`),
      `${JSON.stringify(result, null, 2)}\n`,
    );
  return readdirSync(folder())
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(path.join(folder(), name), "utf8")) as Result);
}
