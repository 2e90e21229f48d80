import type { LoginClaim } from "../access/claims";
import { PRINCIPAL_TAG, secretNameOf, secretText } from "../access/secret-text";
import { DbAccessError } from "../errors";
import { serviceOf } from "../service";
import { secretError } from "./aws-error";
import { describeLive, type Described } from "./describe-secret";
import { createSecret } from "./new-secret";
import { namesPrincipal, tagsOf } from "./ownership";
import { credentialToken } from "./password";
import { putPending } from "./pending-version";
import type { PreparedSecret, SecretOrder } from "./secret-order";
import { currentVersion, putVersion } from "./secret-versions";
import { suppliedPassword } from "./supplied-secret";

export { deleteSecret } from "./delete-secret";
export { secretProblem } from "./secret-problem";
export type { PreparedSecret, SecretOrder } from "./secret-order";
export { promoteSecret } from "./secret-versions";

/** Secret first, database second, promotion last: after any crash the secret holds what the server may have. */
export async function prepareSecret(order: SecretOrder): Promise<PreparedSecret> {
  const { claim, config, credentials } = order;
  if (order.password === "supplied") return supplied(claim);
  const name = secretNameOf(serviceOf(config), config.cluster, claim);
  try {
    const recorded = credentials === undefined ? undefined : await ownSecret(order, credentials.secretArn);
    const arn = recorded?.ARN;
    if (arn === undefined) return await createSecret(order);
    if (order.secret === "move" && recorded?.Name !== name)
      return await createSecret(order, order.password === "current" ? await currentVersion(arn) : undefined);
    if (order.password === "fresh") return await putPending(order, arn);
    return order.secret === "keep" ? await current(arn) : await rewrite(order, arn);
  } catch (error) {
    throw secretError(error, `secret ${name}`);
  }
}

async function supplied(claim: LoginClaim): Promise<PreparedSecret> {
  const arn = claim.auth.kind === "password" ? claim.auth.suppliedSecretArn : undefined;
  if (arn === undefined) throw new Error("A supplied password was ordered without its secret.");
  return { ...(await suppliedPassword(arn)), pending: false, fresh: false };
}

/** Undefined when it is gone, on its way out, or another login's by now. The ledger knows it: it may lack the tag. */
async function ownSecret({ id }: SecretOrder, arn: string): Promise<Described | undefined> {
  const described = await describeLive(arn);
  const tags = tagsOf(described?.Tags);
  return tags[PRINCIPAL_TAG] === undefined || namesPrincipal(tags, id) ? described : undefined;
}

async function current(arn: string): Promise<PreparedSecret> {
  const { versionId, password } = await currentVersion(arn);
  return { arn, versionId, password, pending: false, fresh: false };
}

/** The same password with what else the secret has to say now. Nothing has to be proven, so it is current at once. */
async function rewrite(order: SecretOrder, arn: string): Promise<PreparedSecret> {
  const { config, claim, username, id, generation } = order;
  const { versionId, password, text: present } = await currentVersion(arn);
  const text = secretText(serviceOf(config), claim, username, password);
  const result = { arn, password, pending: false, fresh: false };
  if (text === present) return { ...result, versionId };
  // The generation may have another value already; then the version that is written over gives the token.
  for (const token of [credentialToken(id, generation), credentialToken(`${id} ${versionId}`, generation)])
    if (await putVersion(arn, token, text, "AWSCURRENT")) return { ...result, versionId: token };
  throw new DbAccessError(
    "SecretUnavailable",
    "Versions of the login's secret were moved by somebody else; raise passwordVersion to set a new password.",
  );
}
