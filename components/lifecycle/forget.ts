import type { ErrorCode } from "../../provisioner/protocol";

/** The cluster, or the function in front of it, does not answer. Anything else means that it is still there. */
const unreachable: readonly ErrorCode[] = ["NetworkPathDatabase", "FunctionMissing"];

/** Whether `DB_ACCESS_FORGET` would help at all. */
export const forgettableCode = (code: ErrorCode): boolean => unreachable.includes(code);

/** `DB_ACCESS_FORGET=<cluster>` at destroy time, for a cluster that is gone for good. */
export const forgettable = (code: ErrorCode, cluster: unknown, env: NodeJS.ProcessEnv): boolean =>
  typeof cluster === "string" &&
  forgettableCode(code) &&
  (env.DB_ACCESS_FORGET ?? "")
    .split(",")
    .map((name) => name.trim())
    .includes(cluster);
