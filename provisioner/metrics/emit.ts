import type { FunctionConfig } from "../config";
import { METRIC_DIMENSIONS, METRIC_NAMESPACE, metricUnits, type MetricName } from "./names";
import { metricsOf, type Run } from "./metrics-of";

/** The function that speaks. */
export type Speaker = Pick<FunctionConfig, "cluster" | "engine" | "purpose">;

/**
 * The run's one line in CloudWatch's embedded metric format. Only cluster and engine are dimensions, and nothing in it
 * is of a claim: every other value of a dimension is another metric to be paid for, and logs are read by many.
 */
export function metricLine({ cluster, engine, purpose }: Speaker, door: string, run: Run): string {
  const values = metricsOf(run);
  return JSON.stringify({
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: METRIC_NAMESPACE,
          Dimensions: [METRIC_DIMENSIONS],
          Metrics: Object.keys(values).map((name) => ({ Name: name, Unit: metricUnits[name as MetricName] })),
        },
      ],
    },
    Cluster: cluster,
    Engine: engine,
    Function: purpose,
    Door: door,
    Mode: run.batches[0]?.mode,
    Code: run.error?.code,
    ...values,
  });
}
