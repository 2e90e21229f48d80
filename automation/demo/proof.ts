import type { colours } from "../terminal/style";
import { plainTable } from "../terminal/table";
import { failureLine } from "../errors";
import { refusal } from "./login";

export interface Proof {
  /** The engine or cluster it was shown on. */
  on: string;
  who: string;
  /** What was tried or claimed: `INSERT into orders`. */
  what: string;
  /** What was seen: `allowed`, `refused (42501)`. */
  seen: string;
  holds: boolean;
}

type Subject = Pick<Proof, "on" | "who" | "what">;

/** Does it, and says whether the server's answer is the one that was claimed. */
export async function prove(
  subject: Subject,
  claimed: "allowed" | "refused",
  attempt: () => Promise<unknown>,
): Promise<Proof> {
  try {
    const code = await refusal(attempt);
    const seen = code === undefined ? "allowed" : `refused (${code})`;
    return { ...subject, seen, holds: (code === undefined) === (claimed === "allowed") };
  } catch (error) {
    return { ...subject, seen: failureLine(error), holds: false };
  }
}

/** A claim that is proven by looking rather than by trying. */
export const observe = (subject: Subject, holds: boolean, seen: string): Proof => ({ ...subject, seen, holds });

export function proofTable(proofs: readonly Proof[], colour: ReturnType<typeof colours>): string {
  return plainTable(
    ["on", "who", "what", "proof"],
    proofs.map(({ on, who, what, seen, holds }) => [
      on,
      who,
      what,
      holds ? colour.green(seen) : colour.red(`NOT PROVEN: ${seen}`),
    ]),
  );
}

export const proofLine = ({ on, who, what, seen }: Proof): string => `${on}: ${who}: ${what}: ${seen}`;
