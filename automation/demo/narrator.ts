import { Listr } from "listr2";
import { failureCode } from "../errors";
import { print } from "../terminal/output";
import { colours } from "../terminal/style";
import { indented } from "../terminal/table";
import { type Proof, proofTable } from "./proof";

export type Tell = (line: string) => void;

interface Work<T> {
  title: string;
  run: (tell: Tell) => Promise<T>;
}

/** Everything the demo shows. Progress while it works, then what was found. */
export class Narrator {
  readonly colour = colours();
  readonly unproven: Proof[] = [];
  proven = 0;

  heading(text: string): void {
    print(`\n${this.colour.bold(text)}`);
  }

  note(text: string): void {
    print(indented(text));
  }

  /** What the engine said, set apart from what the demo says. */
  quote(lines: readonly string[]): void {
    for (const line of lines) print(`    ${this.colour.dim("│")} ${line}`);
  }

  proofs(found: readonly Proof[]): void {
    for (const proof of found) {
      if (proof.holds) this.proven += 1;
      else this.unproven.push(proof);
    }
    print(`\n${indented(proofTable(found, this.colour))}`);
  }

  /** Does several things at once and shows each one's progress; fails with the first failure, when all have ended. */
  async together<T>(works: readonly Work<T>[]): Promise<T[]> {
    const live = process.stdout.isTTY === true;
    const outcomes = new Map<Work<T>, PromiseSettledResult<T>>();
    const tasks = new Listr(
      works.map((work) => ({
        title: work.title,
        // In a log every line of progress would stay: there the start and the end are enough.
        task: async (_, task): Promise<void> => {
          const started = Date.now();
          const tell: Tell = live ? (line) => (task.output = line) : () => undefined;
          const [outcome] = await Promise.allSettled([work.run(tell)]);
          outcomes.set(work, outcome);
          // Its code only: the failure itself is told once, at the end.
          if (outcome.status === "rejected") throw new Error(failureCode(outcome.reason));
          task.title = `${work.title} (${((Date.now() - started) / 1000).toFixed(1)} s)`;
        },
      })),
      // Without its own listeners, which would end the process in the middle of the work.
      {
        concurrent: true,
        exitOnError: false,
        registerSignalListeners: false,
        rendererOptions: { showErrorMessage: false },
      },
    );
    await tasks.run();
    return works.map((work) => {
      const outcome = outcomes.get(work);
      if (outcome?.status === "fulfilled") return outcome.value;
      throw outcome?.reason ?? new Error(`${work.title} did not run.`);
    });
  }
}
