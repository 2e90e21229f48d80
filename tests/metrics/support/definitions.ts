import type { EngineName } from "../../../provisioner/protocol";
import type { ProvisionerArgs } from "../../../components";
import { graph, plainArgs, type Graph } from "../../components/provisioner/support/graph";
import type { AlarmInputs } from "./alarm-state";

const metricAlarm = "aws:cloudwatch/metricAlarm:MetricAlarm";

/** What a provisioner of this cluster is watched by, from the component itself. */
export const watching = (
  clusterName: string,
  engine: EngineName,
  more: Partial<ProvisionerArgs> = {},
): Promise<Graph> =>
  graph(plainArgs({ clusterName, cluster: { ...plainArgs().cluster, engine } as ProvisionerArgs["cluster"], ...more }));

export const alarmsOf = (made: Graph): AlarmInputs[] =>
  made.of(metricAlarm).map(({ inputs }) => inputs as unknown as AlarmInputs);

export interface Widget {
  type: string;
  x: number;
  y: number;
  width: number;
  height: number;
  properties: {
    title?: string;
    alarms?: string[];
    setPeriodToTimeRange?: boolean;
    metrics?: (string | Record<string, string | boolean>)[][];
  };
}

export interface Dashboard {
  start: string;
  widgets: Widget[];
}

export const dashboardOf = (made: Graph): Dashboard =>
  JSON.parse(String(made.one("aws:cloudwatch/dashboard:Dashboard", "-dashboard").dashboardBody)) as Dashboard;
