import { parseArgs } from "node:util";
import { formatSpec, parseServerSpec } from "../../local/servers";
import { kinds, moments } from "./gate";
import { protocols } from "./protocols";
import { brief, type Selection } from "./recording";

export interface Options {
  servers: string[];
  protocols: string[];
  select: Selection;
  brief: boolean;
  json: boolean;
  /** How many servers of each kind work at the same time, each on a protocol of its own. */
  jobs: number;
}

export const usage = `npm run faults -- [options]
  --engine postgresql,mysql,mariadb   a version may follow: postgresql@16
  --protocol create,reset             ${protocols.map(({ name }) => `"${name}"`).join(", ")}
  --kind ${kinds.join(",")}
  --when ${moments.join(",")}
  --brief                             the part that the tests run
  --jobs 1                            servers of each kind at the same time
  --json                              every case as JSON in place of the table`;

/** A mistake of the caller's: shown with the usage, and nothing is started. */
export class UsageError extends Error {}

function listOf<T extends string>(what: string, text: string | undefined, known: readonly T[]): readonly T[] {
  if (text === undefined) return known;
  return text.split(",").map((part) => {
    const found = known.find((each) => each === part.trim());
    if (found === undefined) throw new UsageError(`--${what} ${part}: there are ${known.join(", ")}.`);
    return found;
  });
}

function serversOf(text: string): string[] {
  try {
    return text.split(",").map((part) => formatSpec(parseServerSpec(part)));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function jobsOf(text: string): number {
  const jobs = Number(text);
  if (!Number.isInteger(jobs) || jobs < 1) throw new UsageError(`--jobs ${text}: a number of servers is 1 or more.`);
  return jobs;
}

function parsed(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  try {
    const options = {
      engine: text,
      protocol: text,
      kind: text,
      when: text,
      brief: flag,
      json: flag,
      jobs: { type: "string", default: "1" } as const,
    };
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

export function readOptions(args: readonly string[]): Options {
  const values = parsed(args);
  const wantedKinds = listOf("kind", values.kind, kinds);
  const wantedMoments = listOf("when", values.when, moments);
  const names = protocols.map(({ name }) => name);
  return {
    servers: serversOf(values.engine ?? "postgresql,mysql,mariadb"),
    protocols: [...listOf("protocol", values.protocol, names)],
    select: {
      kinds: wantedKinds.filter((kind) => !values.brief || brief.kinds.includes(kind)),
      picks: (fault, at) => wantedMoments.includes(fault.when) && (!values.brief || brief.picks(fault, at)),
    },
    brief: values.brief,
    json: values.json,
    jobs: jobsOf(values.jobs),
  };
}
