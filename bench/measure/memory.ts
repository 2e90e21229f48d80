import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Largest resident memory in MiB of what the engine and the local stack start, by role. Empty where there is no /proc. */
export type Peaks = Partial<Record<Role, number>>;

type Role = "cli" | "program" | "providerHost" | "function";

const intervalMs = 500;

/** What tells the processes apart on their command lines. */
const roles: readonly (readonly [Role, RegExp])[] = [
  ["providerHost", /dynamic-provider/],
  ["program", /cmd\/run(?:-policy-pack)?(?:\.js)?\0|cmd\/run\b/],
  ["function", /bootstrap\.cjs/],
  ["cli", /^[^\0]*\/pulumi\0/],
];

const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    // It has ended meanwhile.
    return "";
  }
};

const parentOf = (pid: number): number => Number(/^PPid:\s*(\d+)/m.exec(read(pid, "status"))?.[1] ?? 0);

function descendants(): number[] {
  const all = readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0);
  const parents = new Map(all.map((pid) => [pid, parentOf(pid)]));
  const mine = (pid: number): boolean => {
    for (let at = parents.get(pid) ?? 0; at > 1; at = parents.get(at) ?? 0) if (at === process.pid) return true;
    return false;
  };
  return all.filter(mine);
}

/** Looks now and then; the kernel keeps each process's peak, so that only very short lives are missed. */
export function watchMemory(): { stop(): Peaks } {
  const peaks: Peaks = {};
  const look = (): void => {
    for (const pid of descendants()) {
      const command = read(pid, "cmdline");
      const role = roles.find(([, pattern]) => pattern.test(command))?.[0];
      const peak = Number(/^VmHWM:\s*(\d+)/m.exec(read(pid, "status"))?.[1] ?? 0) / 1024;
      if (role !== undefined) peaks[role] = Math.max(peaks[role] ?? 0, Math.round(peak));
    }
  };
  const timer = existsSync("/proc/self/status") ? setInterval(look, intervalMs) : undefined;
  return {
    stop: () => {
      clearInterval(timer);
      return peaks;
    },
  };
}
