import { DbAccessError, type ErrorCode } from "../../provisioner/protocol";
import { isRecord, type Properties } from "./wire";

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

/** Ends something; of a cluster that is gone for good it is only forgotten, and that is said. */
export async function endOrForget(
  id: string,
  state: Properties,
  { env, tell }: { env: NodeJS.ProcessEnv; tell(line: string): void },
  end: () => Promise<void>,
): Promise<void> {
  const cluster = isRecord(state.provisioner) ? state.provisioner.cluster : undefined;
  try {
    await end();
  } catch (error) {
    if (!(error instanceof DbAccessError) || !forgettable(error.code, cluster, env)) throw error;
    tell(`DB_ACCESS_FORGET=${String(cluster)}: ${id} is forgotten without SQL (${error.code}).`);
  }
}
