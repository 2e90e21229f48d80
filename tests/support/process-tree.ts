import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { livingProcess, processIdentity } from "../../local/cache";

/** Every process and its parent. A slim Linux has no `ps`. */
function parents(): [pid: number, parent: number][] {
  if (!existsSync("/proc/self/stat"))
    return execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const found: [number, number][] = [];
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      found.push([Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1])]);
    } catch {
      // It ended while we were looking.
    }
  }
  return found;
}

/** A process and all that it has started, by identities that a later process of the same number does not share. */
export function treeOf(root: number): string[] {
  const all = parents();
  const tree = new Set([root]);
  for (let size = 0; size !== tree.size;) {
    size = tree.size;
    for (const [pid, parent] of all) if (tree.has(parent)) tree.add(pid);
  }
  return [...tree].flatMap((pid) => processIdentity(pid) ?? []);
}

export function endProcesses(identities: Iterable<string>): void {
  for (const identity of identities) {
    const pid = livingProcess(identity);
    if (pid === undefined) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended in the meantime.
    }
  }
}
