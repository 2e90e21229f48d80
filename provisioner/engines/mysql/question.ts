import type { Connection, Value } from "./connection";

/** One kind of rows of a reading: a SELECT that answers with one JSON object a row. */
export interface Part {
  name: string;
  /** `"key": expression` pairs of the object. */
  fields: Record<string, string>;
  /** From FROM on. */
  from: string;
  values: Value[];
}

export type Answer = Record<string, unknown>;

/** Parts of different shapes travel as one statement: each row says which part it belongs to. */
function selectOf({ name, fields, from }: Part): string {
  const pairs = Object.entries(fields).map(([key, expression]) => `'${key}', ${expression}`);
  // On MariaDB an object has its arguments' collations, which a UNION of system tables does not forgive.
  return `SELECT '${name}' AS part, CONVERT(JSON_OBJECT(${pairs.join(", ")}) USING utf8mb4) COLLATE utf8mb4_bin AS body\n${from}`;
}

/** Asks all parts in one message; the answers by part. */
export async function ask(connection: Connection, step: string, parts: Part[]): Promise<Map<string, Answer[]>> {
  const answers = new Map<string, Answer[]>(parts.map((part) => [part.name, []]));
  if (parts.length === 0) return answers;
  const rows = await connection.rows(
    step,
    parts.map(selectOf).join("\nUNION ALL "),
    parts.flatMap((part) => part.values),
  );
  for (const row of rows) answers.get(String(row.part))?.push(JSON.parse(String(row.body)) as Answer);
  return answers;
}

export const textOf = (answer: Answer, key: string): string => {
  const value = answer[key];
  return typeof value === "string" ? value : value === null || value === undefined ? "" : JSON.stringify(value);
};

export const numberOf = (answer: Answer, key: string): number | null => {
  const value = answer[key];
  return value === null || value === undefined || value === "" ? null : Number(value);
};

/** Comparisons are booleans in JSON, sums and casts numbers. */
export const isOn = (answer: Answer, key: string): boolean => [true, 1, "1"].includes(answer[key] as boolean);
