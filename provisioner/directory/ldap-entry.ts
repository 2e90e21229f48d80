import type { Entry } from "ldapts";

/** The values of an attribute, in whatever case the directory writes its name. What is not text is not a name. */
export function valuesOf(entry: Entry, attribute: string): string[] {
  const wanted = attribute.toLowerCase();
  const key = Object.keys(entry).find((one) => one !== "dn" && one.toLowerCase() === wanted);
  return key === undefined ? [] : [entry[key]].flat().filter((value) => typeof value === "string");
}

export const has = (entry: Entry, attribute: string): boolean => valuesOf(entry, attribute).length > 0;

export const isOf = (entry: Entry, classes: readonly string[]): boolean =>
  valuesOf(entry, "objectClass").some((one) => classes.some((known) => known.toLowerCase() === one.toLowerCase()));

/** ACCOUNTDISABLE of `userAccountControl`. */
const DISABLED = 0x2;

/** As Active Directory says it, and as 389 Directory Server and FreeIPA do. */
export const isDisabled = (entry: Entry): boolean =>
  valuesOf(entry, "userAccountControl").some((flags) => (Number(flags) & DISABLED) !== 0) ||
  valuesOf(entry, "nsAccountLock").some((locked) => locked.toLowerCase() === "true");
