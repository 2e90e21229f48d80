import type { METRIC_DIMENSIONS } from "../../provisioner/metrics/names";
import type { EngineName } from "../../provisioner/protocol";

/** As the functions send them, with every metric of theirs. */
export const metricDimensionsOf = (
  clusterName: string,
  engine: EngineName,
): Record<(typeof METRIC_DIMENSIONS)[number], string> => ({ Cluster: clusterName, Engine: engine });
