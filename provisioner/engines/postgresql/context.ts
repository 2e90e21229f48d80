import type { Connections } from "./connection";
import type { Facts } from "./facts";
import type { Known } from "./known";
import type { ClusterLock } from "./lock";

/** What the parts of one session share. */
export interface Context {
  connections: Connections;
  facts: Facts;
  lock: ClusterLock;
  /** What the last reading has found out about owners. */
  known: Known;
  /** The login proves itself by a token, so that membership in `rds_iam` takes nothing away from it. */
  adminUsesIam: boolean;
}
