export { Meter } from "./meter";
export { metricsOf, type Batch, type Run } from "./metrics-of";
