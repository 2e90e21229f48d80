// `npm run kills`: what is left of a run that is killed, what the next one says, and whether that was right.
import { writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import { interruptible } from "../../automation/terminal/interrupt";
import { print, printJson, say } from "../../automation/terminal/output";
import { allCases, happensOn, type KillOutcome } from "./killed";
import { readOptions, usage, UsageError, type KillOptions } from "./killed-options";
import { KillPlace } from "./killed-place";
import { hasConverged, killTable, pageOf, summaryOf, wordsOf } from "./killed-report";
import { killOnce } from "./killed-run";

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What was found so far counts, whatever ends it. */
async function killOn(spec: string, options: KillOptions, signal: AbortSignal, problems: string[]) {
  const outcomes: KillOutcome[] = [];
  const cases = allCases.filter(
    (each) => options.victims.includes(each.victim) && options.points.includes(each.point) && happensOn(each, spec),
  );
  try {
    const place = await KillPlace.start(spec);
    try {
      for (const [at, each] of cases.entries()) {
        signal.throwIfAborted();
        say(`${spec}: ${each.victim} ${each.point.name}`);
        outcomes.push(await killOnce(place, each, at));
      }
    } finally {
      await place.stop();
    }
  } catch (error) {
    problems.push(`${spec}: ${signal.aborted ? "interrupted" : reasonOf(error)}`);
  }
  return outcomes;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const problems: string[] = [];
  const found = await interruptible(
    (signal) => Promise.all(options.servers.map((spec) => killOn(spec, options, signal, problems))),
    { words: "Stopping; servers are ended.", secondEnds: true },
  );
  const outcomes = found.flat();
  const failed = outcomes.filter((outcome) => !hasConverged(outcome));
  if (options.json) printJson({ outcomes, problems });
  else {
    print(killTable(outcomes));
    print("");
    for (const outcome of failed) print(wordsOf(outcome));
    for (const problem of problems) print(problem);
    print(summaryOf(outcomes));
  }
  const isWhole = outcomes.length > 0 && failed.length === 0 && problems.length === 0;
  if (options.write !== undefined && isWhole) {
    const style = await resolveConfig(options.write);
    writeFileSync(options.write, await format(pageOf(outcomes), { ...style, parser: "markdown" }));
  }
  process.exitCode = isWhole ? 0 : 1;
}

main().catch((error: unknown) => {
  say(reasonOf(error));
  if (error instanceof UsageError) say(usage);
  process.exitCode = 1;
});
