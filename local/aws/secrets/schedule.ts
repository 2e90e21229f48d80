import { AwsError } from "../errors";

export interface RotationRules {
  AutomaticallyAfterDays?: number;
  ScheduleExpression?: string;
  Duration?: string;
}

const hour = 60 * 60 * 1000;
const day = 24 * hour;
const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const invalid = (text: string): AwsError => new AwsError("InvalidParameterException", text);
const badExpression = (): AwsError => invalid("The rotation schedule expression is not valid.");

interface Schedule {
  /** When the first rotation window after a moment opens. */
  opensAfter(time: number): number;
  /** A schedule in hours has a window of one hour, one in days a window until the end of the day. */
  hourly: boolean;
}

/** One cron field: lists, ranges, steps and names. */
function fieldTest(
  text: string,
  first: number,
  last: number,
  names: readonly string[] = [],
): (value: number) => boolean {
  const numberOf = (part: string): number => {
    const named = names.indexOf(part.toUpperCase());
    const value = named >= 0 ? named + 1 : Number(part);
    if (part === "" || !Number.isInteger(value) || value < first || value > last) throw badExpression();
    return value;
  };
  const ranges = text.split(",").map((part) => {
    const [span = "", step] = part.split("/");
    const [from = "", to] = span.split("-");
    const every = step === undefined ? 1 : Number(step);
    if (!Number.isInteger(every) || every < 1) throw badExpression();
    const whole = span === "*" || span === "?" || (span === "" && step !== undefined);
    if (whole) return { start: first, end: last, every };
    const start = numberOf(from);
    return { start, end: to === undefined ? (step === undefined ? start : last) : numberOf(to), every };
  });
  return (value) =>
    ranges.some(({ start, end, every }) => value >= start && value <= end && (value - start) % every === 0);
}

/** Days of the month, with `L` for the last one. */
function monthDayTest(text: string): (date: Date) => boolean {
  if (text === "L") return (date) => new Date(date.getTime() + day).getUTCDate() === 1;
  const test = fieldTest(text, 1, 31);
  return (date) => test(date.getUTCDate());
}

/** Days of the week, with `SUN#1` for the first Sunday of a month and `SUNL` for its last. */
function weekDayTest(text: string): (date: Date) => boolean {
  const [, name = "", nth, lastOne] = /^(\w{3}|[1-7])(?:#([1-5])|(L))$/i.exec(text) ?? [];
  if (name === "") {
    const test = fieldTest(text === "L" ? "7" : text, 1, 7, weekdays);
    return (date) => test(date.getUTCDay() + 1);
  }
  const test = fieldTest(name, 1, 7, weekdays);
  return (date) => {
    if (!test(date.getUTCDay() + 1)) return false;
    if (lastOne !== undefined) return new Date(date.getTime() + 7 * day).getUTCMonth() !== date.getUTCMonth();
    return Math.ceil(date.getUTCDate() / 7) === Number(nth);
  };
}

function cron(text: string): Schedule {
  const fields = text.trim().split(/\s+/);
  const [minutes, hours, monthDays, month, weekDays, year] = fields;
  if (fields.length !== 6 || minutes !== "0" || year !== "*") throw badExpression();
  const tests = [monthDayTest(monthDays), weekDayTest(weekDays)];
  const inHour = fieldTest(hours, 0, 23);
  const inMonth = fieldTest(month, 1, 12, months);
  const fits = (time: number): boolean => {
    const date = new Date(time);
    return inHour(date.getUTCHours()) && inMonth(date.getUTCMonth() + 1) && tests.every((test) => test(date));
  };
  return {
    hourly: /[,*/-]/.test(hours),
    opensAfter(time) {
      // Secrets Manager has no schedules that are more than a year apart; leap days need a little more.
      for (let at = Math.floor(time / hour) * hour + hour; at < time + 5 * 366 * day; at += hour)
        if (fits(at)) return at;
      throw badExpression();
    },
  };
}

const periodic = (span: number, grain: number): Schedule => ({
  hourly: grain === hour,
  opensAfter: (time) => Math.floor((time + span) / grain) * grain,
});

function scheduleOf({ AutomaticallyAfterDays, ScheduleExpression }: RotationRules): Schedule | undefined {
  if (ScheduleExpression === undefined) {
    return AutomaticallyAfterDays === undefined ? undefined : periodic(AutomaticallyAfterDays * day, day);
  }
  const [, fields] = /^cron\(([^()]*)\)$/.exec(ScheduleExpression) ?? [];
  if (fields !== undefined) return cron(fields);
  const [, text = "", unit = ""] = /^rate\((\d+) (hour|day)s?\)$/.exec(ScheduleExpression) ?? [];
  const count = Number(text);
  if (unit === "hour" && count >= 4) return periodic(count * hour, hour);
  if (unit === "day" && count >= 1 && count <= 999) return periodic(count * day, day);
  throw badExpression();
}

const durationOf = ({ Duration }: RotationRules): number | undefined => {
  if (Duration === undefined) return undefined;
  const hours = Number(/^(\d{1,2})h$/.exec(Duration)?.[1] ?? 0);
  if (hours < 1 || hours > 24) throw invalid("The duration of the rotation window is not valid.");
  return hours * hour;
};

function windowAfter(rules: RotationRules, time: number): { opens: number; closes: number } | undefined {
  const schedule = scheduleOf(rules);
  if (schedule === undefined) return undefined;
  const opens = schedule.opensAfter(time);
  const endOfDay = Math.floor(opens / day) * day + day;
  const duration = durationOf(rules);
  if (duration !== undefined) return { opens, closes: opens + duration };
  return { opens, closes: schedule.hourly ? opens + hour : endOfDay };
}

/** User Guide, Rotation schedules. Throws AWS's error for rules that it would not take. */
export function checkRules(rules: RotationRules): void {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression } = rules;
  if (days !== undefined && expression !== undefined) {
    throw invalid("You can't specify both AutomaticallyAfterDays and ScheduleExpression.");
  }
  if (days !== undefined && (days < 1 || days > 1000)) {
    throw invalid("RotationRules.AutomaticallyAfterDays must be within 1-1000.");
  }
  const next = windowAfter(rules, Date.now());
  if (next !== undefined && next.closes > Math.floor(next.opens / day) * day + day) {
    throw invalid("The rotation window must not extend into the next UTC day.");
  }
}

/** API DescribeSecret, NextRotationDate: the latest moment of the window that follows a rotation at `time`. */
export function nextRotation(rules: RotationRules, time: number): number | undefined {
  const next = windowAfter(rules, time);
  return next === undefined ? undefined : next.closes - 1000;
}

/** API DescribeSecret, RotationRules: the days that a schedule expression comes to, calculated after each rotation. */
export function daysOf(rules: RotationRules, time: number): number {
  const next = windowAfter(rules, time);
  return next === undefined ? 1 : Math.max(1, Math.ceil((next.opens - Math.floor(time / day) * day) / day));
}
