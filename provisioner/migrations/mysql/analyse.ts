import type { Analysis } from "../family";
import type { MigrationFile } from "../folder";

/** A command of the `mysql` client, which it takes at the beginning of a line only. */
const delimiter = /^[ \t]*delimiter[ \t]+\S/im;

/** Files go to the server as they are, and it alone knows where statements end. */
export function analyse(files: readonly MigrationFile[]): Promise<Analysis> {
  const problems = files.flatMap(({ name, text, header }) => {
    const found = delimiter.exec(text);
    const line = text.slice(0, found?.index ?? 0).split("\n").length;
    return [
      ...(found === null
        ? []
        : [
            {
              file: name,
              words: `has DELIMITER, which is for the mysql client; delete these lines, the server needs none (line ${line})`,
            },
          ]),
      ...(header.noTransaction
        ? [
            {
              file: name,
              words: 'says "-- migrate: no-transaction", and no file is a transaction on MySQL and MariaDB; remove it',
            },
          ]
        : []),
    ];
  });
  return Promise.resolve({ problems, findings: [] });
}
