// `npm run bench`: what users and grants cost beside as many resources that do nothing.
import { readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { packageRoot, packageVersion } from "../automation/package-info";
import { interruptible } from "../automation/terminal/interrupt";
import { print, printJson, say } from "../automation/terminal/output";
import { ensurePulumi } from "../local/pulumi";
import { formatSpec, type ServerSpec } from "../local/servers";
import { compare } from "./compare";
import { engineEnv } from "./engine";
import { reasonOf } from "./failure";
import { measureInvoke } from "./measure/invoke";
import { measureMessages } from "./measure/messages";
import { readOptions, usage, UsageError, type Options } from "./options";
import { publish } from "./publish";
import { messageTable, tables, writeResults, type Result } from "./report";
import { startWorld } from "./world";

const bundleSize = (): Result["bundle"] => {
  const file = path.join(packageRoot(), "dist", "bundle", "manifest.json");
  const { bytes, zipBytes } = JSON.parse(readFileSync(file, "utf8")) as Result["bundle"];
  return { bytes, zipBytes };
};

const machine = (): Result["machine"] => ({
  cores: os.availableParallelism(),
  memoryGiB: Math.round(os.totalmem() / 2 ** 30),
  platform: `${os.platform()} ${os.arch()}`,
});

/** A run that only proves that everything works must not take long. */
const samplesFor = (sizes: readonly number[]): number => (Math.max(...sizes) < 10 ? 5 : 20);

/** All sizes on one server, the smallest first. */
async function measure(
  spec: ServerSpec,
  { sizes, grants }: Pick<Options, "sizes" | "grants">,
  pulumi: { directory: string; version: string },
  signal: AbortSignal,
  finished: (result: Result) => void,
): Promise<void> {
  const tell = (line: string): void => say(`${formatSpec(spec)}: ${line}`);
  const world = await startWorld(spec, tell);
  try {
    const invoke = await measureInvoke(world, samplesFor(sizes), signal);
    const messages = await measureMessages(world);
    tell(`invoke: cold ${invoke.cold.p50} ms, warm ${invoke.warm.p50} ms`);
    const engine = {
      pulumi: pulumi.directory,
      directory: world.directory,
      env: engineEnv(world.directory, world.stack.env()),
      signal,
    };
    for (const users of [...sizes].sort((a, b) => a - b))
      finished({
        engine: spec.engine,
        date: new Date().toISOString().slice(0, 10),
        machine: machine(),
        versions: {
          package: packageVersion(),
          node: process.versions.node,
          pulumi: pulumi.version,
          server: world.server.version,
        },
        bundle: bundleSize(),
        invoke,
        messages,
        ...(await compare(world, engine, { users, grants }, tell)),
      });
  } catch (error) {
    throw new Error(reasonOf(error, world.server), { cause: error });
  } finally {
    await world.stop();
  }
}

/** Every engine is tried, whatever became of the one before. Resolves with what was wrong. */
async function run({ sizes, grants, servers, write, json }: Options, signal: AbortSignal): Promise<string[]> {
  const results: Result[] = [];
  const problems: string[] = [];
  const pulumi = await ensurePulumi(say);
  for (const spec of servers) {
    if (signal.aborted) break;
    const name = formatSpec(spec);
    try {
      await measure(spec, { sizes, grants }, pulumi, signal, (result) => {
        results.push(result);
        problems.push(...result.problems.map((problem) => `${name}, ${result.users} users: ${problem}`));
      });
    } catch (error) {
      problems.push(
        signal.aborted ? `${name}: interrupted` : `${name}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  if (json) printJson(results);
  else if (results.length > 0) print(`${tables(results)}\n\n${messageTable(results)}`);
  // Figures of a run in which something went wrong say nothing.
  if (write && problems.length === 0) publish(writeResults(results));
  return problems;
}

async function main(): Promise<void> {
  // The function's business; here it would be in the way of the progress lines.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const options = readOptions(process.argv.slice(2));
  const problems = await interruptible((signal) => run(options, signal), {
    words: "Stopping; what was started is being removed.",
  });
  for (const problem of problems) say(`FAILED ${problem}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  say(error instanceof UsageError ? `${error.message}\n\n${usage}` : String(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
