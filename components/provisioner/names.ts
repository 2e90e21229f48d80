import type { EngineName } from "../../provisioner/protocol";

/** The functions of a provisioner: one archive each time, and a role of its own. */
export const functionKinds = ["access", "migrate", "rotate"] as const;
export type FunctionKind = (typeof functionKinds)[number];

/** The alias that callers invoke. A new version of the code is published before it moves. */
export const ALIAS = "live";

/** Fixed, so that a provisioner that was made again, or a caller with nothing but the name, finds it. */
export const functionNameOf = (clusterName: string, kind: FunctionKind): string => `db-access-${clusterName}-${kind}`;

/** Where the ref of a provisioner is kept in Parameter Store. */
export const parameterNameOf = (clusterName: string): string => `/db-access/${clusterName}`;

export const logGroupNameOf = (clusterName: string, kind: FunctionKind): string =>
  `/aws/lambda/${functionNameOf(clusterName, kind)}`;

/** Where the functions of a provisioner gather their audit events. */
export const auditLogGroupNameOf = (clusterName: string): string => `/db-access/${clusterName}/audit`;

/** AWS's names of the engines, as resources of `aws.rds` have them. */
export const rdsEngineOf = (engine: EngineName): string => (engine === "postgresql" ? "postgres" : engine);

const ports = {
  postgresql: 5432,
  "aurora-postgresql": 5432,
  mysql: 3306,
  "aurora-mysql": 3306,
  mariadb: 3306,
} as const;

export const defaultPortOf = (engine: EngineName): number => ports[engine];

/** The account, the Region and the partition that the provider of the component works in. */
export interface Place {
  account: string;
  region: string;
  partition: string;
}

export const functionArnOf = ({ account, region, partition }: Place, name: string): string =>
  `arn:${partition}:lambda:${region}:${account}:function:${name}`;
