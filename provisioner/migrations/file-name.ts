/**
 * Files of a migrations folder, by their names: `0001_name.sql` once, in the order of the numbers; `R__name.sql`
 * whenever it has changed, after them; `0001_name.down.sql` takes back, `0001_name.verify.sql` checks.
 */
export type FileKind = "versioned" | "repeatable" | "down" | "verify";

export interface FileName {
  name: string;
  kind: FileKind;
  /** Digits without leading zeros; absent for a repeatable file and what belongs to one. */
  version?: string;
}

const versioned = /^(\d{1,18})_[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:\.(down|verify))?\.sql$/;
const repeatable = /^R__[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:\.(down|verify))?\.sql$/;

/** Undefined for a name that follows no rule. */
export function parseFileName(name: string): FileName | undefined {
  const found = versioned.exec(name);
  if (found?.[1] !== undefined)
    return { name, kind: (found[2] as FileKind | undefined) ?? "versioned", version: String(BigInt(found[1])) };
  const again = repeatable.exec(name);
  return again === null ? undefined : { name, kind: (again[1] as FileKind | undefined) ?? "repeatable" };
}

/** Of two digit texts without leading zeros. */
export const compareVersions = (a: string, b: string): number =>
  a.length === b.length ? (a < b ? -1 : a > b ? 1 : 0) : a.length - b.length;

/** The order in which files run: numbers, then repeatable ones by name. */
export function inRunningOrder<T extends FileName>(files: readonly T[]): T[] {
  const rank = ({ kind }: FileName): number => (kind === "repeatable" ? 1 : 0);
  return [...files].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      compareVersions(a.version ?? "0", b.version ?? "0") ||
      (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}
