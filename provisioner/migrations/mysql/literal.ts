import { escape } from "mysql2";
import { DbAccessError } from "../../errors";

/** What a backslash and a double quote mean depends on sql_mode, which a file may set for itself; so does what a line end is written as. */
const ambiguous = /["'\\\p{Cc}]/u;

/** A text as a file's statement has it. */
export function literal(text: string): string {
  if (ambiguous.test(text))
    throw new DbAccessError(
      "InvalidInput",
      "A text for MySQL or MariaDB has a quote, a backslash or a control character, whose meaning depends on sql_mode; write it into the file itself.",
    );
  return escape(text);
}
