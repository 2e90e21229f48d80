import { existsSync } from "node:fs";
import { ensurePulumi } from "../../local/pulumi";
import { CommandFailure } from "../errors";
import { exitCodes, type ExitCode } from "../exit-codes";
import { interruptible } from "../terminal/interrupt";
import { print } from "../terminal/output";
import { keptWords, waitForInterrupt } from "./keep";
import { Narrator } from "./narrator";
import type { DemoOptions } from "./options";
import { proofLine } from "./proof";
import { Stage, example } from "./stage";
import { deploy } from "./steps/deploy";
import { downgrade } from "./steps/downgrade";
import { drift } from "./steps/drift";
import { fleet } from "./steps/fleet";
import { migrations } from "./steps/migrations";
import { password } from "./steps/password";
import { lookAround, remove } from "./steps/remove";
import { start } from "./steps/start";

/** The main job from beginning to end. Every claim is proven; one that is not makes the exit status 1. */
export async function runDemo(options: DemoOptions): Promise<ExitCode> {
  if (!existsSync(example("first-run")))
    throw new CommandFailure(
      "DemoNeedsCheckout",
      "The demo deploys the examples, which only a checkout has: clone the repository, run npm ci, then npm run demo.",
    );
  const started = Date.now();
  const narrator = new Narrator();
  return interruptible(
    async (signal) => {
      const [pulumi] = await narrator.together([
        { title: "Finding the Pulumi CLI", run: (tell) => ensurePulumi(tell) },
      ]);
      const stage = new Stage(narrator, pulumi.directory, signal);
      try {
        await play(stage, options);
        print(`\n${closing(narrator, Date.now() - started)}`);
        if (options.keep && !signal.aborted) {
          print(keptWords(stage));
          await waitForInterrupt(signal);
        }
      } catch (error) {
        if (!signal.aborted) throw error;
        throw new CommandFailure("Cancelled", "The demo was cancelled; nothing of it is left.", undefined, {
          cause: error,
        });
      } finally {
        await stage.close();
      }
      return narrator.unproven.length === 0 ? exitCodes.ok : exitCodes.error;
    },
    { words: "Stopping: everything that was started ends, and the temporary folder goes." },
  );
}

async function play(stage: Stage, options: DemoOptions): Promise<void> {
  const { signal } = stage;
  await start(stage, options.engines);
  const before = await lookAround(stage);
  const steps = [deploy, downgrade, drift, password, migrations, fleet];
  for (const step of steps) {
    signal.throwIfAborted();
    await step(stage);
  }
  signal.throwIfAborted();
  if (options.keep) stage.narrator.heading("8. destroy is left out because of --keep");
  else await remove(stage, before);
}

function closing(narrator: Narrator, milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const { proven, unproven, colour } = narrator;
  if (unproven.length === 0) return colour.green(`All ${proven} claims proven, in ${seconds} s.`);
  const list = unproven.map((proof) => `  ${proofLine(proof)}`);
  return [
    colour.red(`${unproven.length} of ${proven + unproven.length} claims NOT proven, in ${seconds} s:`),
    ...list,
  ].join("\n");
}
