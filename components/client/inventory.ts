import { randomUUID } from "node:crypto";
import {
  DbAccessError,
  protocolRange,
  type Inventory,
  type InventoryRequest,
  type ProvisionerRef,
} from "../../provisioner/protocol";
import { CallFailure } from "./failure";
import { readReply } from "./reply";
import { withRetry, type Patience } from "./retry";
import type { Transport } from "./transport";

/** Asks this very function, and no other that its cluster's parameter may name. Throws a `DbAccessError`. */
export async function askForInventory(
  transport: Transport,
  ref: ProvisionerRef,
  patience: Patience,
): Promise<Inventory> {
  const request: InventoryRequest = {
    protocols: { ...protocolRange },
    requestId: randomUUID(),
    mode: "inventory",
    cluster: ref.cluster,
  };
  try {
    return await withRetry(patience, async () => {
      const text = await transport.invoke(ref, JSON.stringify(request), patience.requestTimeoutMs);
      return inventoryOf(text, ref.functions.access);
    });
  } catch (error) {
    throw error instanceof CallFailure ? error.error : error;
  }
}

function inventoryOf(text: string, functionName: string): Inventory {
  const { error, inventory } = readReply(text, functionName);
  if (error !== undefined) {
    // The function has waited for an unreachable database itself.
    const again = error.transient === true && error.code !== "NetworkPathDatabase";
    throw new CallFailure(again ? "lost" : "final", new DbAccessError(error.code, error.message, error), 0);
  }
  if (inventory !== undefined) return inventory;
  const words = `${functionName} gave no inventory; upgrade the provisioner's stack.`;
  throw new CallFailure("final", new DbAccessError("FunctionFailed", words));
}
