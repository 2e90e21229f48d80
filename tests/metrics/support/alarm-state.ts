/** One number of one metric, as CloudWatch has it. */
export interface Point {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  /** Milliseconds since the epoch. */
  time: number;
  value: number;
}

/** The inputs of an `aws.cloudwatch.MetricAlarm` that decide when it rings. */
export interface AlarmInputs {
  name: string;
  namespace: string;
  metricName: string;
  dimensions: Record<string, string>;
  statistic: string;
  period: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  threshold: number;
  comparisonOperator: string;
  treatMissingData: string;
}

const statistics: Record<string, (values: readonly number[]) => number> = {
  Sum: (values) => values.reduce((sum, value) => sum + value, 0),
  Maximum: (values) => Math.max(...values),
};

const comparisons: Record<string, (value: number, threshold: number) => boolean> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
};

const fillings: Record<string, boolean> = { breaching: true, notBreaching: false };

const known = <T>(table: Record<string, T>, key: string): T => {
  const found = table[key];
  if (found === undefined) throw new Error(`The evaluation of alarms does not know ${key}.`);
  return found;
};

/** A metric is its name with exactly these dimensions: one more or one less is another metric, which has no data. */
const isOf = (point: Point, alarm: AlarmInputs): boolean =>
  point.namespace === alarm.namespace &&
  point.name === alarm.metricName &&
  JSON.stringify(Object.entries(point.dimensions).sort()) === JSON.stringify(Object.entries(alarm.dimensions).sort());

/** How many periods more than it needs CloudWatch looks back, in the examples of its documentation. */
const FURTHER_BACK = 2;

/**
 * The state of an alarm as the Amazon CloudWatch User Guide describes it (AlarmThatSendsEmail.html, "Evaluating an alarm"
 * and "How alarm state is evaluated when data is missing"), for exactly the statistics, comparisons and treatments of
 * missing data that the alarms here have. Anything else throws.
 */
export function alarmState(alarm: AlarmInputs, points: readonly Point[], now: number): "ALARM" | "OK" {
  const statistic = known(statistics, alarm.statistic);
  const breaches = known(comparisons, alarm.comparisonOperator);
  const filling = known(fillings, alarm.treatMissingData);
  const length = alarm.period * 1000;
  const own = points.filter((point) => isOf(point, alarm));
  // The newest first; a period without any point is missing.
  const present = Array.from({ length: alarm.evaluationPeriods + FURTHER_BACK }, (_, back) =>
    own.filter(({ time }) => time <= now - back * length && time > now - (back + 1) * length).map(({ value }) => value),
  ).filter((values) => values.length > 0);
  const evaluated = present
    .map((values) => breaches(statistic(values), alarm.threshold))
    .slice(0, alarm.evaluationPeriods);
  while (evaluated.length < alarm.evaluationPeriods) evaluated.push(filling);
  return evaluated.filter(Boolean).length >= alarm.datapointsToAlarm ? "ALARM" : "OK";
}
