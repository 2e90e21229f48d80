/**
 * Secrets Manager User Guide, "Rotation schedules": `rate(4 hours)` to `rate(999 days)`, or a cron expression on the
 * hour. What is wrong is said before a login is made, not by Secrets Manager afterwards.
 */
export function scheduleProblem(schedule: string): string | undefined {
  if (schedule.startsWith("rate(")) {
    const rate = rateOf(schedule);
    if (rate === undefined) return 'write a rate as "rate(12 hours)" or "rate(10 days)"';
    if (rate.unit === "day") return rate.count >= 1 && rate.count <= 999 ? undefined : "give a rate of 1 to 999 days";
    return rate.count >= 4 && rate.count <= 999 * 24 ? undefined : "give a rate of 4 hours to 999 days";
  }
  const [, text] = /^cron\(([^()]*)\)$/.exec(schedule) ?? [];
  if (text === undefined) return 'write "rate(10 days)" or "cron(0 4 ? * SUN *)"';
  const values = text.trim().split(/\s+/);
  if (values.length !== fields.length)
    return `a cron expression has six fields (${fields.map(({ name }) => name).join(", ")})`;
  const wrong = fields.findIndex((field, index) => !fits(field, values[index].toUpperCase()));
  return wrong < 0 ? undefined : `its ${fields[wrong].name} must be ${fields[wrong].words}`;
}

/** Seconds between two rotations of a rate; undefined for a cron expression. */
export function rateSeconds(schedule: string): number | undefined {
  const rate = rateOf(schedule);
  return rate === undefined ? undefined : rate.count * (rate.unit === "day" ? 86_400 : 3_600);
}

function rateOf(schedule: string): { count: number; unit: "hour" | "day" } | undefined {
  const [, count, unit] = /^rate\((\d{1,6}) (hour|day)s?\)$/.exec(schedule) ?? [];
  return unit === undefined ? undefined : { count: Number(count), unit: unit as "hour" | "day" };
}

interface Field {
  name: string;
  words: string;
  first: number;
  last: number;
  /** Names of the values, from `first` on. */
  names?: readonly string[];
  /** What stands alone in the place of a list. */
  alone?: RegExp;
}

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const fields: readonly Field[] = [
  { name: "minutes", words: "0: rotation begins on the hour", first: 0, last: 0 },
  { name: "hours", words: "0 to 23, such as 4 or 0/8", first: 0, last: 23 },
  { name: "day of the month", words: "1 to 31, L for the last, or ?", first: 1, last: 31, alone: /^(\?|L)$/ },
  { name: "month", words: "1 to 12 or JAN to DEC", first: 1, last: 12, names: months },
  {
    name: "day of the week",
    words: "1 to 7 or SUN to SAT, SUN#1 for the first in a month, or ?",
    first: 1,
    last: 7,
    names: days,
    alone: /^(\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(#[1-5]|L))$/,
  },
  { name: "year", words: "*", first: 1, last: 0 },
];

/** A value, a range, a list of these, and steps. */
function fits({ first, last, names = [], alone }: Field, text: string): boolean {
  if (alone?.test(text) === true) return true;
  const inside = (part: string): boolean => {
    const value = names.includes(part) ? names.indexOf(part) + first : /^\d{1,2}$/.test(part) ? Number(part) : -1;
    return value >= first && value <= last;
  };
  return text.split(",").every((part) => {
    const [span, step, ...more] = part.split("/");
    if (more.length > 0 || (step !== undefined && !/^[1-9]\d?$/.test(step))) return false;
    // `/8` is every eighth from the first on.
    if ((span === "*" && first !== last) || (span === "" && step !== undefined)) return true;
    const ends = span.split("-");
    return ends.length <= 2 && ends.every(inside);
  });
}
