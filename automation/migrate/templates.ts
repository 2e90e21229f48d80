/** Words at the top of new files. A directive stands in the middle of a line here, where it means nothing. */

export const versionedTemplate = (what: string): string => `-- ${oneLine(what)}
--
-- Runs once. On PostgreSQL the file is one transaction: write neither BEGIN nor COMMIT. What cannot run in one,
-- such as CREATE INDEX CONCURRENTLY, stands in a file that begins with "-- migrate: no-transaction".
-- What destroys or blocks is refused unless the file begins with, for example, "-- migrate: allow drop-column".

`;

export const repeatableTemplate = (what: string): string => `-- ${oneLine(what)}
--
-- Runs whenever it has changed, after the numbered files: write what can run again, such as CREATE OR REPLACE.

`;

export const verifyTemplate = (stem: string): string => `-- Checks ${stem}.sql
--
-- Runs directly after it, and with "db-access migrate verify". It only looks: an error means that what should be there
-- is not.

`;

export const downTemplate = (stem: string): string => `-- Takes ${stem}.sql back
--
-- Runs only where the resource is destroyed with onDestroy: "down".

`;

const oneLine = (words: string): string => words.replace(/\s+/g, " ").trim();
