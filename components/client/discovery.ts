import { DbAccessError, provisionerRefSchema, type ProvisionerRef } from "../../provisioner/protocol";
import { CallFailure } from "./failure";
import type { Transport } from "./transport";

/** The contract of a ref, checked where it enters a program. `where` names its source. */
export function parseRef(value: unknown, where: string): ProvisionerRef {
  const version = (value as { contractVersion?: unknown } | null | undefined)?.contractVersion;
  if (typeof version === "number" && version !== 1)
    throw new DbAccessError(
      "ProtocolMismatch",
      `${where} has contract version ${version} and this program knows 1; upgrade ${version > 1 ? "pulumi-db-access in this program" : "the provisioner's stack"}.`,
    );
  const parsed = provisionerRefSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue.path.join(".");
  throw new DbAccessError(
    "InvalidInput",
    `${where} is not the ref of a provisioner (${path === "" ? "" : `${path}: `}${issue.message}); export provisioner.ref there.`,
  );
}

export function parseRefText(text: string, where: string): ProvisionerRef {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DbAccessError("InvalidInput", `${where} is not JSON; let the provisioner's stack write it.`);
  }
  return parseRef(value, where);
}

const functionOf = (ref: ProvisionerRef): string => `${ref.region} ${ref.functions.access}`;

/** The function has moved: where its provisioner says it is now. Heals state, too, without a program. */
export async function rediscover(
  transport: Transport,
  old: ProvisionerRef,
  missing: CallFailure,
): Promise<ProvisionerRef> {
  const { discovery, invoke } = old;
  const where = `The parameter ${discovery.parameter}`;
  const words = (why: string): CallFailure =>
    new CallFailure("missing", new DbAccessError("FunctionMissing", `${missing.error.message} ${where} ${why}.`));
  let found: ProvisionerRef;
  try {
    found = parseRefText(await transport.parameter(discovery, invoke?.externalId), where);
  } catch (error) {
    if (error instanceof CallFailure && (error.outcome === "refused" || error.outcome === "lost")) throw error;
    const code =
      error instanceof CallFailure ? error.error.code : error instanceof DbAccessError ? error.code : "Unexpected";
    throw words(`is of no help either (${code})`);
  }
  if (found.cluster !== old.cluster) throw words(`names another cluster (${found.cluster})`);
  if (functionOf(found) === functionOf(old)) throw words("names the same function");
  return found;
}
