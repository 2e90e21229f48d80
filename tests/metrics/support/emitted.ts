import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import Ajv from "ajv";
import type { Point } from "./alarm-state";

/** The published rules of a format, kept in this folder. */
export function assertSchema(name: string, value: unknown): void {
  const file = path.join(__dirname, "..", "schemas", `${name}.json`);
  const validate = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(file, "utf8")) as object);
  assert.ok(validate(value), JSON.stringify(validate.errors, null, 1));
}

/** One line of a function, as CloudWatch Logs reads it. */
export interface Line {
  points: Point[];
  units: Record<string, string>;
  /** What else the line says: it is found by a query of the log, and is no metric. */
  more: Record<string, unknown>;
}

interface Embedded extends Record<string, unknown> {
  _aws: {
    Timestamp: number;
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[];
  };
}

/** What CloudWatch takes out of a line in the embedded format: every metric for every set of dimensions. */
export function embedded(text: string): Line {
  const line = JSON.parse(text) as Embedded;
  assertSchema("embedded-metric-format", line);
  const points: Point[] = [];
  const units: Record<string, string> = {};
  const used = new Set(["_aws"]);
  for (const { Namespace, Dimensions, Metrics } of line._aws.CloudWatchMetrics)
    for (const set of Dimensions)
      for (const { Name, Unit } of Metrics) {
        const dimensions = Object.fromEntries(set.map((key) => [key, line[key] as string]));
        for (const [key, value] of Object.entries(dimensions)) {
          assert.equal(typeof value, "string", key);
          used.add(key);
        }
        assert.equal(typeof line[Name], "number", Name);
        used.add(Name);
        units[Name] = Unit;
        points.push({
          namespace: Namespace,
          name: Name,
          dimensions,
          time: line._aws.Timestamp,
          value: Number(line[Name]),
        });
      }
  const more = Object.fromEntries(Object.entries(line).filter(([key]) => !used.has(key)));
  return { points, units, more };
}

/** All lines of a function's log. */
export const embeddedIn = (log: string): Line[] =>
  log
    .split("\n")
    .filter((line) => line.includes('"_aws"'))
    .map(embedded);

/** The numbers of a line, by the names of their metrics. */
export const numbersOf = ({ points }: Line): Record<string, number> =>
  Object.fromEntries(points.map(({ name, value }) => [name, value]));
