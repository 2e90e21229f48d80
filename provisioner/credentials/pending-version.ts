import { secretContent, secretText } from "../access/secret-text";
import { DbAccessError } from "../errors";
import { serviceOf } from "../service";
import { describeLive, type Described } from "./describe-secret";
import { credentialToken, generatePassword } from "./password";
import type { PreparedSecret, SecretOrder } from "./secret-order";
import { isUnfinished, putVersion, versionOf, type StoredVersion } from "./secret-versions";

/** A new password, staged beside the current one. */
export async function putPending(order: SecretOrder, arn: string): Promise<PreparedSecret> {
  const { config, claim, username, id, generation } = order;
  const versionId = credentialToken(id, generation);
  const password = generatePassword();
  const text = secretText(serviceOf(config), claim, username, password);
  if (await putVersion(arn, versionId, text, "AWSPENDING"))
    return { arn, versionId, password, pending: true, fresh: true };
  // The same step ran before with another random password: that one counts.
  const resumed = await resumeVersion(order, arn, await describeLive(arn));
  if (resumed !== undefined) return resumed;
  throw unreadable();
}

/** What an earlier run of the same order has put there. Undefined when there was none. */
export async function resumeVersion(
  order: SecretOrder,
  arn: string,
  described: Described | undefined,
): Promise<PreparedSecret | undefined> {
  const { config, claim, username, id, generation } = order;
  const stored = await versionOf(arn, credentialToken(id, generation));
  if (stored === undefined) return undefined;
  const { password, versionId } = stored;
  const text = secretText(serviceOf(config), claim, username, password);
  if (text === stored.text)
    return { arn, versionId, password, pending: isUnfinished(described, versionId), fresh: true };
  // Since that run the secret has to say something else beside the same password.
  const token = credentialToken(`${id} ${username} ${secretContent(serviceOf(config), claim)}`, generation);
  await putVersion(arn, token, text, "AWSPENDING");
  return { arn, versionId: token, password, pending: true, fresh: true };
}

/** The password that the login has already, in a secret that has been there before. */
export async function putKnown(order: SecretOrder, arn: string, known: StoredVersion): Promise<PreparedSecret> {
  const { config, claim, username, id, generation } = order;
  const { password } = known;
  const text = secretText(serviceOf(config), claim, username, password);
  const result = { arn, password, fresh: false };
  const described = await describeLive(arn);
  // The generation may have another value already, of before somebody's rotation.
  const own = `${id} ${known.versionId} ${username} ${secretContent(serviceOf(config), claim)}`;
  for (const versionId of [credentialToken(id, generation), credentialToken(own, generation)])
    if (await putVersion(arn, versionId, text, "AWSPENDING"))
      return { ...result, versionId, pending: isUnfinished(described, versionId) };
  throw unreadable();
}

/** Secrets Manager has the version, and does not show it everywhere yet. */
const unreadable = (): DbAccessError =>
  new DbAccessError("SecretUnavailable", "A version of the login's secret cannot be read yet; try again.", {
    transient: true,
  });
