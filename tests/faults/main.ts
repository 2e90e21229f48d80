// `npm run faults`: the table of protocols, calls and faults, with after how many runs each has converged.
import { interruptible } from "../../automation/terminal/interrupt";
import { print, printJson, say } from "../../automation/terminal/output";
import { Harness, type Outcome } from "./harness";
import { readOptions, usage, UsageError, type Options } from "./options";
import { Place } from "./place";
import { isOn, type Protocol } from "./protocol";
import { protocols } from "./protocols";
import type { Selection } from "./recording";
import { absences, faultTable, hasConverged, summaryOf, wordsOf } from "./report";

interface Found {
  outcomes: Outcome[];
  /** What is not about one fault. */
  problems: string[];
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Takes protocols as long as there are any. What was found so far counts, whatever ends it. */
async function work(
  spec: string,
  left: Protocol[],
  select: Selection,
  found: Found,
  signal: AbortSignal,
): Promise<void> {
  const place = await Place.start(spec);
  try {
    const harness = new Harness(place, (outcome) => {
      signal.throwIfAborted();
      if (!hasConverged(outcome)) say(wordsOf(outcome));
    });
    for (let protocol = left.shift(); protocol !== undefined; protocol = left.shift()) {
      const started = Date.now();
      try {
        const outcomes = await harness.run(protocol, select);
        found.outcomes.push(...outcomes);
        say(`${spec}: ${protocol.name}: ${summaryOf(outcomes)} ${Math.round((Date.now() - started) / 1000)} s`);
      } catch (error) {
        signal.throwIfAborted();
        say(reasonOf(error));
        found.problems.push(reasonOf(error));
      }
    }
    found.problems.push(...(await harness.orphans()).map((orphan) => `${spec}: ${orphan}`));
  } finally {
    await place.stop();
  }
}

async function tryOut(spec: string, options: Options, found: Found, signal: AbortSignal): Promise<void> {
  say(`${spec}: starting`);
  const left = protocols.filter((each) => options.protocols.includes(each.name) && isOn(each, spec, options.brief));
  const workers = Array.from({ length: Math.min(options.jobs, left.length) }, () =>
    work(spec, left, options.select, found, signal).catch((error: unknown) => {
      found.problems.push(`${spec}: ${signal.aborted ? "interrupted" : reasonOf(error)}`);
    }),
  );
  await Promise.all(workers);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const found = new Map(options.servers.map((spec): [string, Found] => [spec, { outcomes: [], problems: [] }]));
  await interruptible((signal) => Promise.all([...found].map(([spec, each]) => tryOut(spec, options, each, signal))), {
    words: "Stopping; servers are ended.",
    secondEnds: true,
  });
  const all = [...found.values()].flatMap(({ outcomes }) => outcomes);
  const problems = [...found.values()].flatMap((each) => each.problems);
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
  say(reasonOf(error));
  if (error instanceof UsageError) say(usage);
  process.exitCode = 1;
});
