import { readFileSync } from "node:fs";
import path from "node:path";
import { type Document, LineCounter, isMap, isNode, isPair, parseDocument } from "yaml";
import { CommandFailure, failureMessage } from "../errors";
import { exitCodes } from "../exit-codes";
import { semanticFindings } from "./checks";
import { type Finding, findings } from "./issues";
import { type Problem, type PropertyPath, byPlace, placeOf, problemLine, propertyWords } from "./problem";
import { type FleetFile, fleetSchema } from "./schema";

/** A fleet file that cannot be used, with everything that is wrong with it. */
export class BadConfig extends CommandFailure {
  constructor(
    readonly file: string,
    readonly problems: readonly Problem[],
  ) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super("BadConfig", `${file} has ${count}; nothing was done.`, exitCodes.badConfig);
  }

  lines(): string[] {
    return this.problems.map((problem) => problemLine(this.file, problem));
  }
}

export interface LoadedFleet {
  /** The file's own folder: what its relative paths are relative to. */
  directory: string;
  file: FleetFile;
}

/** Reads and checks a fleet file. Every problem is found before the first one is told. */
export function loadFleet(file: string): LoadedFleet {
  const directory = path.dirname(path.resolve(file));
  return { directory, file: parseFleet(readText(file), file, directory) };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const message = missing ? "there is no such file; give its path with --config" : failureMessage(error);
    throw new BadConfig(file, [{ line: 1, column: 1, property: "", message }]);
  }
}

export function parseFleet(text: string, file: string, directory: string): FleetFile {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  // After a syntax error the tree is a guess: checking it would only add noise.
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      ...placeOf(counter, error.pos[0]),
      property: "",
      message: `this is not valid YAML: ${error.message}`,
    }));
    throw new BadConfig(file, problems.sort(byPlace));
  }
  const whole: unknown = document.toJS();
  const result = fleetSchema.safeParse(whole);
  const found = [
    ...findings(result.error?.issues ?? [], whole),
    ...semanticFindings((at) => plainAt(document, at), directory),
  ];
  if (found.length > 0 || !result.success) {
    const problems = found.map((finding) => ({
      ...placeOf(counter, offsetOf(document, finding)),
      property: propertyWords(finding.path),
      message: finding.message,
    }));
    throw new BadConfig(file, problems.sort(byPlace));
  }
  return result.data;
}

function plainAt(document: Document, at: PropertyPath): unknown {
  const node: unknown = document.getIn(at, true);
  return isNode(node) ? node.toJS(document) : undefined;
}

/** Where a finding is shown: at its key or value; for something missing, at the nearest thing that is there. */
function offsetOf(document: Document, finding: Finding): number {
  for (let length = finding.path.length; length > 0; length--) {
    const at = finding.path.slice(0, length);
    const node: unknown = document.getIn(at, true);
    const key = keyOffset(document, at);
    if (finding.atKey && length === finding.path.length && key !== undefined) return key;
    if (isNode(node) && node.range) return node.range[0];
    if (key !== undefined) return key;
  }
  return document.contents?.range?.[0] ?? 0;
}

function keyOffset(document: Document, at: PropertyPath): number | undefined {
  const parent: unknown = at.length === 1 ? document.contents : document.getIn(at.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find((item) => isPair(item) && String(item.key) === String(at[at.length - 1]));
  return pair !== undefined && isNode(pair.key) ? pair.key.range?.[0] : undefined;
}
