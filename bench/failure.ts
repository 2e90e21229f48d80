import { readFileSync } from "node:fs";
import type { RunningServer } from "../local/servers";

const keptLines = 10;

/** What the server says for itself, apart from the statements it was sent. */
const ownWords =
  /\[(ERROR|Warning|Note|System)\]|mysqld got|mariadbd got|\b(FATAL|PANIC|WARNING): |LOG: {2}(?!statement|execute|connection|duration)/;

function hasEnded({ pid }: RunningServer): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

/** A server that has ended makes every later error misleading: then its own last words are the reason. */
export function reasonOf(error: unknown, server: RunningServer): string {
  const words = error instanceof Error ? error.message : String(error);
  if (!hasEnded(server)) return words;
  const last = readFileSync(server.logFile, "utf8")
    .split("\n")
    .filter((line) => ownWords.test(line))
    .slice(-keptLines);
  return [`the server has ended: ${words.split("\n")[0]}`, ...last].join("\n");
}
