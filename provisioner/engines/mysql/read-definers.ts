import type { OwnedObject } from "../../access/server";
import { beforeHost } from "./read-privileges";
import { textOf, type Answer, type Part } from "./question";

const definers: { words: string; from: string; database: string; name: string }[] = [
  { words: "view", from: "VIEWS", database: "TABLE_SCHEMA", name: "TABLE_NAME" },
  { words: "routine", from: "ROUTINES", database: "ROUTINE_SCHEMA", name: "ROUTINE_NAME" },
  { words: "trigger", from: "TRIGGERS", database: "TRIGGER_SCHEMA", name: "TRIGGER_NAME" },
  { words: "event", from: "EVENTS", database: "EVENT_SCHEMA", name: "EVENT_NAME" },
];

/** What has one of the names as its definer, at any host and in any database. */
export const definerParts = (names: string[]): Part[] =>
  names.length === 0
    ? []
    : definers.map((each) => ({
        name: each.words,
        fields: { definer: "DEFINER", db: each.database, name: each.name },
        from: `FROM information_schema.${each.from} WHERE ${beforeHost("DEFINER")} IN (?)`,
        values: [names],
      }));

export function definersIn(answers: Map<string, Answer[]>, names: string[]): Map<string, OwnedObject[]> {
  const found = new Map<string, OwnedObject[]>(names.map((name) => [name, []]));
  for (const { words } of definers)
    for (const answer of answers.get(words) ?? []) {
      // MariaDB writes a role of its own as `role@`.
      const definer = textOf(answer, "definer");
      const at = definer.lastIndexOf("@");
      const [name, host] = at < 0 ? [definer, ""] : [definer.slice(0, at), definer.slice(at + 1)];
      const database = textOf(answer, "db");
      found.get(name)?.push({ database, words: `${words} ${database}.${textOf(answer, "name")}`, host });
    }
  return found;
}
