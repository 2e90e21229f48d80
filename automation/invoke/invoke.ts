import type { Transport } from "../../components/client";
import { isRecord } from "../../provisioner/doors/event";
import type { ProvisionerRef } from "../../provisioner/protocol";
import { CommandFailure } from "../errors";

/** Longer than any function may run. */
const PATIENCE_MS = 330_000;

/** Sends an event to the `access` function. Throws when the function has failed, or says that something has. */
export async function invoke(
  transport: Pick<Transport, "invoke">,
  ref: ProvisionerRef,
  event: unknown,
): Promise<unknown> {
  const text = await transport.invoke(ref, JSON.stringify(event), PATIENCE_MS);
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new CommandFailure("FunctionFailed", `${ref.functions.access} gave an answer that is not JSON.`);
  }
  const error = errorIn(answer);
  if (error !== undefined) throw new CommandFailure(error.code, error.message);
  return answer;
}

interface AnsweredError {
  code: string;
  message: string;
}

/** Requests for claims are answered also when they, or some of them, have failed. */
function errorIn(answer: unknown): AnsweredError | undefined {
  if (!isRecord(answer)) return undefined;
  const parts: unknown[] = [answer, ...(Array.isArray(answer.results) ? (answer.results as unknown[]) : [])];
  for (const part of parts) {
    const error = isRecord(part) ? part.error : undefined;
    if (isRecord(error) && typeof error.code === "string" && typeof error.message === "string")
      return { code: error.code, message: error.message };
  }
  return undefined;
}
