import type { LineCounter } from "yaml";

/** One thing wrong with a file, at a place in it. */
export interface Problem {
  line: number;
  column: number;
  /** `targets[1].config.access`; empty for the file as a whole. */
  property: string;
  /** What is wrong, with the value, and what to write instead. */
  message: string;
}

export type PropertyPath = readonly (string | number)[];

export function propertyWords(path: PropertyPath): string {
  return path.reduce<string>((words, part) => {
    if (typeof part === "number") return `${words}[${part}]`;
    const quoted = /^[A-Za-z_$][\w$-]*$/.test(part) ? part : JSON.stringify(part);
    return words === "" ? quoted : `${words}.${quoted}`;
  }, "");
}

/** `fleet.yaml:4:3 targets[1].regoin: …`, which editors and terminals turn into a link. */
export const problemLine = (file: string, problem: Problem): string =>
  `${file}:${problem.line}:${problem.column} ${problem.property === "" ? "" : `${problem.property}: `}${problem.message}`;

export const byPlace = (a: Problem, b: Problem): number => a.line - b.line || a.column - b.column;

export function placeOf(counter: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = counter.linePos(offset);
  // An empty document has no line starts at all.
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}
