import { hostname, userInfo } from "node:os";
import type { Client } from "../../components/client";
import { DbAccessError, type ClaimResult, type ProvisionerRef } from "../../provisioner/protocol";
import { CommandFailure } from "../errors";

export interface ResetOrder {
  ref: ProvisionerRef;
  username: string;
  /** Who asks, for the audit log. Default: the operator's account and machine. */
  owner?: string;
}

/** What is printed. Never a password: that is in the secret, and nowhere else. */
export interface ResetReport {
  cluster: string;
  username: string;
  status: ClaimResult["status"];
  secretArn?: string;
  secretVersionId?: string;
  passwordLastChanged?: string;
  changes: string[];
  warnings: string[];
}

export function operator(): string {
  let user = "unknown";
  try {
    user = userInfo().username;
  } catch {
    // A container's user id need not have a name.
  }
  return `operator/${user}@${hostname()}`;
}

/** Only the name counts: what else the login is, its row says. */
async function ask(client: Client, { ref, username, owner }: ResetOrder): Promise<ClaimResult> {
  const result = await client.submit({
    ref,
    mode: "apply",
    request: {
      action: "reset",
      owner: owner ?? operator(),
      claim: { kind: "login", name: username, auth: { kind: "password" }, deletion: "retain" },
    },
  });
  if (result.status !== "failed" && result.status !== "notAttempted") return result;
  const error = result.error ?? new DbAccessError("Unexpected", "The provisioner failed and gave no reason.");
  throw new CommandFailure(error.code, error.message);
}

/** A fresh password: every older one is refused from now on. */
export async function resetPassword(client: Client, order: ResetOrder): Promise<ResetReport> {
  const { status, outputs = {}, changes, warnings } = await ask(client, order);
  const { secretArn, secretVersionId, passwordLastChanged } = outputs;
  return {
    cluster: order.ref.cluster,
    username: order.username,
    status,
    ...(secretArn === undefined ? {} : { secretArn }),
    ...(secretVersionId === undefined ? {} : { secretVersionId }),
    ...(passwordLastChanged === undefined ? {} : { passwordLastChanged }),
    changes: changes.map(({ words }) => words),
    warnings,
  };
}
