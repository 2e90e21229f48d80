import { parseArgs } from "node:util";
import { formatSpec, parseServerSpec } from "../../local/servers";
import { points, victims, type Point, type Victim } from "./killed";

export interface KillOptions {
  servers: string[];
  victims: readonly Victim[];
  points: readonly Point[];
  json: boolean;
  /** A file that gets the page of the documentation. */
  write?: string;
}

export const usage = `npm run kills -- [options]
  --engine postgresql,mysql,mariadb   a version may follow: postgresql@14
  --kill ${victims.join(",")}
  --where "in the middle,…"           ${points.map(({ name }) => `"${name}"`).join(", ")}
  --json                              every kill as JSON in place of the table
  --write <file>                      the page of the documentation besides`;

/** A mistake of the caller's: shown with the usage, and nothing is started. */
export class UsageError extends Error {}

function listOf<T>(what: string, text: string | undefined, known: readonly T[], nameOf: (each: T) => string): T[] {
  if (text === undefined) return [...known];
  return text.split(",").map((part) => {
    const found = known.find((each) => nameOf(each) === part.trim());
    if (found === undefined) throw new UsageError(`--${what} ${part}: there are ${known.map(nameOf).join(", ")}.`);
    return found;
  });
}

export function readOptions(args: readonly string[]): KillOptions {
  try {
    const text = { type: "string" } as const;
    const options = { engine: text, kill: text, where: text, write: text, json: { type: "boolean" } as const };
    const { values } = parseArgs({ args: [...args], options });
    return {
      servers: (values.engine ?? "postgresql,mysql,mariadb")
        .split(",")
        .map((part) => formatSpec(parseServerSpec(part))),
      victims: listOf("kill", values.kill, victims, (each) => each),
      points: listOf("where", values.where, points, ({ name }) => name),
      json: values.json === true,
      ...(values.write === undefined ? {} : { write: values.write }),
    };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
