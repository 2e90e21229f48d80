import { DbAccessError } from "../../errors";

const passwordKey = /pass(word|wd|phrase|$)|pwd|credential/i;

/**
 * The provisioner reads the admin's password from its own secret. A password in an event is in whatever kept the event:
 * a plan, a state file, a log. It is refused, so that nobody grows used to it, and its value is not looked at.
 */
export function refusePasswords(event: Record<string, unknown>): void {
  const open: { value: unknown; place: string }[] = [{ value: event, place: "" }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, place } = next;
    if (typeof value !== "object" || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (!Array.isArray(value) && passwordKey.test(key)) throw refusal(place);
      open.push({ value: inner, place: Array.isArray(value) ? place : `${place}${keyWords(key)}.` });
    }
  }
}

/** A key could be anything, too: only what looks like a name is repeated. */
const keyWords = (key: string): string => (/^\w{1,40}$/.test(key) ? key : "…");

const refusal = (place: string): DbAccessError =>
  new DbAccessError(
    "InvalidInput",
    `The event has a password${place === "" ? "" : ` in ${place.slice(0, -1)}`}. No event may hold one: the provisioner has its own secret. Remove it, and change the password, which is now wherever the event is kept. Nothing was changed.`,
  );
