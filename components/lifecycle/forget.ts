import type { ErrorCode } from "../../provisioner/protocol";

/** The cluster, or the function in front of it, does not answer. Anything else means that it is still there. */
const unreachable: readonly ErrorCode[] = ["NetworkPathDatabase", "FunctionMissing"];

/** `DB_ACCESS_FORGET=<cluster>` at destroy time, for a cluster that is gone for good. */
export const forgettable = (code: ErrorCode, cluster: unknown, env: NodeJS.ProcessEnv): boolean =>
  typeof cluster === "string" &&
  unreachable.includes(code) &&
  (env.DB_ACCESS_FORGET ?? "")
    .split(",")
    .map((name) => name.trim())
    .includes(cluster);
