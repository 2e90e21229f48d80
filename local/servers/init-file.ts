import * as fs from "node:fs";

import { giveToServer } from "./account";

/** SQL as MySQL and MariaDB read it from an init file. The delimiter lets a procedure's body have semicolons. */
export function initFile(statements: string[]): string {
  return ["DELIMITER $$", ...statements.map((statement) => `${statement}$$`), ""].join("\n");
}

/** For the server's eyes only: it may hold passwords. */
export function writeInitFile(file: string, statements: string[]): void {
  fs.rmSync(file, { force: true });
  fs.writeFileSync(file, initFile(statements), { mode: 0o600 });
  giveToServer(file);
}
