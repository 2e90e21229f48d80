import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "../automation/package-info";
import type { Step } from "./compare";
import { markdown, messageTable, serverOf, sorted, tables, type Result } from "./report";

const begin = "<!-- bench -->";
const end = "<!-- /bench -->";

/** Puts figures where a page has room for them, and leaves the rest of the page alone. */
function fill(file: string, text: string): void {
  const page = path.join(packageRoot(), file);
  const before = readFileSync(page, "utf8");
  const [first, last] = [before.indexOf(begin), before.indexOf(end)];
  if (first < 0 || last < first) throw new Error(`${file} has no place between ${begin} and ${end}.`);
  writeFileSync(page, `${before.slice(0, first + begin.length)}\n\n${text}\n\n${before.slice(last)}`);
}

const both = ({ seconds, nothingSeconds }: Step): string => `${seconds.toFixed(1)} s (${nothingSeconds.toFixed(1)})`;

const shown = ["up", "no-op up", "refresh", "destroy"] as const;

function wallTimes(results: readonly Result[]): string {
  const rows = sorted(results).map((result) => {
    const step = (name: string): Step | undefined => result.steps.find(({ operation }) => operation === name);
    const cells = shown.map((name) => {
      const found = step(name);
      return found === undefined ? "" : both(found);
    });
    return [serverOf(result), String(result.users), String(result.grants), ...cells, String(result.problems.length)];
  });
  return markdown(["Server", "Users", "Grants each", ...shown, "Problems"], rows, 1);
}

function facts(results: readonly Result[]): string {
  const [{ date, machine, versions }] = [...results].sort((a, b) => b.date.localeCompare(a.date));
  return `Measured on ${date} with ${machine.cores} cores, Node.js ${versions.node}, Pulumi ${versions.pulumi}, a file backend and default parallelism. In brackets: as many do-nothing dynamic resources in the same run, which is the engine's own cost.`;
}

function sizes(results: readonly Result[]): string {
  const [{ bundle }] = results;
  const latency = [...new Map(results.map((result) => [serverOf(result), result.invoke]))]
    .map(([server, { cold, warm }]) => `${server} ${cold.p50.toFixed(0)} and ${warm.p50.toFixed(0)} ms`)
    .join("; ");
  const state = Math.max(...results.map((result) => result.state.users));
  const nothing = Math.max(...results.map((result) => result.state.nothing));
  return `The function's archive has ${(bundle.zipBytes / 1000).toFixed(0)} kB. An invocation that plans one claim takes, cold and warm (median): ${latency}. A resource takes ${(state / 1000).toFixed(1)} kB of state at most, a do-nothing one of the usual kind ${(nothing / 1000).toFixed(1)} kB.`;
}

/** The pages that quote the benchmark. */
export function publish(results: readonly Result[]): void {
  fill("README.md", [facts(results), wallTimes(results), sizes(results)].join("\n\n"));
  fill("docs/performance.md", [tables(sorted(results)), messageTable(results)].join("\n\n"));
}
