/** Of every metric that the functions send. */
export const METRIC_NAMESPACE = "DbAccess";

/** What each metric is sent for: the engine tells clusters apart that a dashboard over all of them shows. */
export const METRIC_DIMENSIONS = ["Cluster", "Engine"] as const;

/** All metrics with their units. Each costs money in every hour in which it is sent: keep them few. */
export const metricUnits = {
  /** Claims for which something was made or granted. */
  Created: "Count",
  /** Claims for which something was altered, passwords that were set, grace periods that were ended. */
  Changed: "Count",
  /** Claims for which something was dropped, revoked or locked. */
  Removed: "Count",
  /** Claims and whole requests that are not allowed or not in order, where something was to be changed. */
  Refused: "Count",
  /** Claims that a reading found to be otherwise than they were left. */
  Drift: "Count",
  /** Claims and whole requests that went wrong although they were in order. */
  Failed: "Count",
  /** Runs that reached the server and in which nothing failed. */
  Succeeded: "Count",
  /** How long a run took. */
  Duration: "Milliseconds",
  /** Audit events that could not be written to where they are kept. */
  AuditUndelivered: "Count",
} as const;

export type MetricName = keyof typeof metricUnits;
