import { DbAccessError } from "../errors";
import { secretError } from "./aws-error";
import { currentVersion, putVersion, versionOf, type StoredVersion } from "./secret-versions";

const translated = async <T>(what: Promise<T>): Promise<T> => {
  try {
    return await what;
  } catch (error) {
    throw secretError(error, "the login's secret");
  }
};

/** What a secret says now. Never cached: somebody may have changed it. */
export const currentValue = (arn: string): Promise<StoredVersion> => translated(currentVersion(arn));

/** What a version says. Undefined when it has no value yet. */
export const valueOf = (arn: string, versionId: string): Promise<StoredVersion | undefined> =>
  translated(versionOf(arn, versionId));

/** A value for a version that is staged as pending. Another one that came first stays. */
export async function putPendingValue(arn: string, versionId: string, text: string): Promise<void> {
  const put = await translated(putVersion(arn, versionId, text, "AWSPENDING"));
  if (!put && (await valueOf(arn, versionId)) === undefined)
    throw new DbAccessError("SecretUnavailable", "A version of the login's secret cannot be read yet; try again.", {
      transient: true,
    });
}
