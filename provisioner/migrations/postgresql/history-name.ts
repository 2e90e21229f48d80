import { DbAccessError } from "../../errors";

/** Where a history is: `app.history`, or `history` in schema public. */
export interface HistoryTable {
  schema: string;
  name: string;
}

/** One history has one name: under it stands whose it is. */
export function historyTableOf(text: string): HistoryTable {
  const dot = text.indexOf(".");
  if (dot < 0) return { schema: "public", name: text };
  const [schema, name] = [text.slice(0, dot), text.slice(dot + 1)];
  if (schema === "public") throw refused(text, `write ${name}`);
  if (schema.startsWith("pg_") || schema === "information_schema") throw refused(text, "name a schema of your own");
  return { schema, name };
}

const refused = (text: string, advice: string): DbAccessError =>
  new DbAccessError("InvalidInput", `historyTable is ${text}; ${advice}.`, { property: "historyTable" });
