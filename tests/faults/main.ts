// `npm run faults`: the table of protocols, calls and faults, with after how many runs each has converged.
import { interruptible } from "../../automation/terminal/interrupt";
import { print, printJson, say } from "../../automation/terminal/output";
import { Harness, type Outcome } from "./harness";
import { readOptions, usage, UsageError, type Options } from "./options";
import { Place } from "./place";
import { protocols } from "./protocols";
import { absences, faultTable, hasConverged, summaryOf, wordsOf } from "./report";

/** Everything on one server. What it found so far counts, whatever ends it. */
async function tryOut(spec: string, options: Options, found: Outcome[], signal: AbortSignal): Promise<string[]> {
  say(`${spec}: starting`);
  const place = await Place.start(spec);
  const problems: string[] = [];
  try {
    const harness = new Harness(place, (outcome) => {
      signal.throwIfAborted();
      if (!hasConverged(outcome)) say(wordsOf(outcome));
    });
    for (const protocol of protocols) {
      if (!options.protocols.includes(protocol.name) || !protocol.engines.includes(place.world.product)) continue;
      const started = Date.now();
      try {
        const outcomes = await harness.run(protocol, options.select);
        found.push(...outcomes);
        say(`${spec}: ${protocol.name}: ${summaryOf(outcomes)} ${Math.round((Date.now() - started) / 1000)} s`);
      } catch (error) {
        if (signal.aborted) throw error;
        problems.push(error instanceof Error ? error.message : String(error));
      }
    }
    problems.push(...(await harness.orphans()).map((orphan) => `${spec}: ${orphan}`));
  } finally {
    await place.stop();
  }
  return problems;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const outcomes = new Map(options.servers.map((spec): [string, Outcome[]] => [spec, []]));
  const problems = await interruptible(
    async (signal) => {
      const ended = await Promise.allSettled(
        [...outcomes].map(([spec, found]) => tryOut(spec, options, found, signal)),
      );
      return ended.flatMap((end) =>
        end.status === "fulfilled"
          ? end.value
          : [end.reason instanceof Error ? end.reason.message : String(end.reason)],
      );
    },
    { words: "Stopping; servers are ended.", secondEnds: true },
  );
  const all = [...outcomes.values()].flat();
  const failed = all.filter((outcome) => !hasConverged(outcome));
  if (options.json) printJson({ outcomes: all, problems });
  else {
    print(faultTable(all));
    print("");
    print("Numbers: runs until it had converged, for a fault before and one after the call.");
    for (const line of absences(options.servers)) print(line);
    for (const outcome of failed) print(wordsOf(outcome));
    for (const problem of problems) print(problem);
    print(summaryOf(all));
  }
  process.exitCode = all.length === 0 || failed.length > 0 || problems.length > 0 ? 1 : 0;
}

main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  if (error instanceof UsageError) say(usage);
  process.exitCode = 1;
});
