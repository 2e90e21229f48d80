import { parseArgs } from "node:util";
import { parseServerSpec, type LocalEngine, type ServerSpec } from "../local/servers";

export interface Options {
  sizes: number[];
  /** Of each user. */
  grants: number;
  servers: ServerSpec[];
  /** Leave `bench/results` alone. */
  write: boolean;
  /** Figures as JSON to standard output in place of the table. */
  json: boolean;
}

export const usage = `npm run bench -- [options]
  --sizes 10,100,500    numbers of users; 500 takes about half an hour
  --grants 1            grants of each user, 1 to 5, each of another kind
  --engines postgresql  postgresql, mysql, mariadb; a version may follow: postgresql@16
  --no-write            print only, leave bench/results alone
  --json                print JSON in place of the table`;

/** A mistake of the caller's: shown with the usage, without a stack. */
export class UsageError extends Error {}

/** The table keeps one row set per engine, so an engine is measured in one version at a time. */
const listOf = <T>(text: string, what: string, parse: (part: string) => T): T[] => {
  const parts = text.split(",").map((part) => part.trim());
  if (new Set(parts).size !== parts.length) throw new UsageError(`--${what} ${text}: the same twice.`);
  return parts.map(parse);
};

function size(text: string): number {
  const users = Number(text);
  if (!Number.isInteger(users) || users < 1 || users > 9999)
    throw new UsageError(`--sizes ${text}: a number of users is 1 to 9999.`);
  return users;
}

function grantsOf(text: string): number {
  const grants = Number(text);
  if (!Number.isInteger(grants) || grants < 1 || grants > 5)
    throw new UsageError(`--grants ${text}: a user has 1 to 5 grants.`);
  return grants;
}

function server(text: string): ServerSpec {
  try {
    return parseServerSpec(text);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

export function readOptions(args: readonly string[]): Options {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        sizes: { type: "string", default: "10,100,500" },
        grants: { type: "string", default: "1" },
        engines: { type: "string", default: "postgresql" },
        "no-write": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const servers = listOf(values.engines, "engines", server);
  const engines = new Set<LocalEngine>(servers.map(({ engine }) => engine));
  if (engines.size !== servers.length) throw new UsageError(`--engines ${values.engines}: one version per engine.`);
  return {
    sizes: listOf(values.sizes, "sizes", size),
    grants: grantsOf(values.grants),
    servers,
    write: !values["no-write"],
    json: values.json,
  };
}
