import { claimIdPrefix } from "../access/id";
import { recordable, type ClaimRecord } from "../access/record";
import type { FunctionConfig } from "../config";
import { DbAccessError } from "../errors";
import type { Work } from "./work";

/**
 * An operator names a login; the ledger says what it is and whose. Everything stays as its owner claims it, so the
 * owner's next preview is empty. Resolves with whether there were any.
 */
export function resolveResets(config: FunctionConfig, works: readonly Work[], rows: readonly ClaimRecord[]): boolean {
  const resets = works.filter(({ request }) => request.action === "reset");
  for (const work of resets) {
    const { claim } = work.order;
    const id = claimIdPrefix(config.family, config.cluster, claim);
    const row = rows.find((record) => record.id === id);
    const problem = problemOf(row, claim.kind === "login" ? claim.name : "");
    if (problem === undefined && row !== undefined)
      work.order = { action: "ensure", owner: row.owner, id, claim: recordable(row.claim), resets: true };
    else work.error = problem?.toBody();
  }
  return resets.length > 0;
}

function problemOf(row: ClaimRecord | undefined, name: string): DbAccessError | undefined {
  if (row?.claim.kind !== "login" || row.retained)
    return new DbAccessError("ObjectMissing", `No login ${name} is managed by this provisioner; check the name.`);
  if (row.claim.auth.kind === "none")
    return new DbAccessError(
      "InvalidInput",
      `${name} is the provisioner's own, for migrations; its password is never kept.`,
    );
  if (row.claim.auth.kind === "iam")
    return new DbAccessError("InvalidInput", `${name} is an IAM login and has no password to reset.`);
  if (row.claim.auth.suppliedSecretArn !== undefined)
    return new DbAccessError(
      "InvalidInput",
      `The password of ${name} is supplied by a secret of its owner; change it there and run \`pulumi up\`.`,
    );
  return undefined;
}
