import { mkdirSync } from "node:fs";

import { giveToServer } from "./account";

/**
 * A server's own: one that starts takes the temporary tables in its folder for those of a crash and removes them, also
 * when they are another running server's. Beside the data, because a folder in there would be a database.
 */
export function temporaryFolder(data: string): string {
  const folder = `${data}-tmp`;
  mkdirSync(folder, { recursive: true });
  giveToServer(folder);
  return folder;
}
