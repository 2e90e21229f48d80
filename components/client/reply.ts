import {
  commonVersion,
  DbAccessError,
  mismatchWords,
  protocolRange,
  replySchema,
  type Reply,
} from "../../provisioner/protocol";
import { CallFailure } from "./failure";

/** What a provisioner has answered. Throws a `CallFailure` when it is not an answer of the protocol. */
export function readReply(text: string, functionName: string): Reply {
  const fail = (error: DbAccessError): CallFailure => new CallFailure("final", error);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = replySchema.safeParse(value);
  // A provisioner of another age may answer in another form: its range is read first.
  const { min, max } = ((value ?? {}) as { protocols?: { min?: unknown; max?: unknown } }).protocols ?? {};
  if (typeof min === "number" && typeof max === "number" && commonVersion(protocolRange, { min, max }) === undefined)
    throw fail(new DbAccessError("ProtocolMismatch", mismatchWords(protocolRange, { min, max })));
  if (parsed.success) return parsed.data;
  const words = `${functionName} gave an answer that is not of the db-access protocol; check that the ref names a provisioner.`;
  throw fail(new DbAccessError("FunctionFailed", words));
}
