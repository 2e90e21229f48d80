import { createInterface } from "node:readline/promises";
import { CommandFailure } from "../errors";

interface Terminal {
  input: NodeJS.ReadableStream & { isTTY?: boolean };
  output: NodeJS.WritableStream;
}

const own = (): Terminal => ({ input: process.stdin, output: process.stderr });

/**
 * Goes on only when a person has written the word. Where nobody can answer, it is an error that names the option to say
 * it with.
 */
export async function confirm(words: string, word: string, terminal: Terminal = own()): Promise<void> {
  if (terminal.input.isTTY !== true)
    throw new CommandFailure("NotConfirmed", "Nobody is there to confirm it; pass --yes. Nothing was done.");
  terminal.output.write(`${words}\n`);
  const reader = createInterface(terminal);
  // A closed terminal answers nothing: without this the question would wait for ever.
  const closed = new Promise<string>((resolve) => reader.once("close", () => resolve("")));
  try {
    const answer = await Promise.race([reader.question(`Write ${word} to go on: `), closed]);
    if (answer.trim() === word) return;
  } finally {
    reader.close();
  }
  throw new CommandFailure("NotConfirmed", "Not confirmed. Nothing was done.");
}
