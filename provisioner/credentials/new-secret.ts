import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DeleteResourcePolicyCommand,
  RestoreSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { CLUSTER_TAG, isOwnTag, PRINCIPAL_TAG, secretNameOf, secretText } from "../access/secret-text";
import { DbAccessError } from "../errors";
import { serviceOf } from "../service";
import { secretsClient } from "./aws-clients";
import { isAws } from "./aws-error";
import { describeAny, describeLive, keyIn, type Described } from "./describe-secret";
import { belonging, FORMER_TAG, wantedTags, tagList, tagsOf, takenProblem, type Ownership } from "./ownership";
import { credentialToken, generatePassword } from "./password";
import { putKnown, putPending, resumeVersion } from "./pending-version";
import type { PreparedSecret, SecretOrder } from "./secret-order";
import { isUnfinished, type StoredVersion } from "./secret-versions";
import { whileSettling } from "./settling";

/** A secret under the login's name, with the password that is known, or a new one. */
export function createSecret(order: SecretOrder, known?: StoredVersion): Promise<PreparedSecret> {
  const name = secretNameOf(serviceOf(order.config), order.config.cluster, order.claim);
  // A name that was deleted at once is not free at once.
  return whileSettling(async () => {
    try {
      return await create(order, name, known);
    } catch (error) {
      const described = isNameTaken(error) ? await describeAny(name) : undefined;
      if (described === undefined) throw error;
      return takeExisting(order, name, known, described);
    }
  }, isNameTaken);
}

const isNameTaken = (error: unknown): boolean => isAws(error, "ResourceExistsException", "InvalidRequestException");

const ownershipOf = ({ id, config, owner }: SecretOrder): Ownership => ({ id, cluster: config.cluster, owner });

const keyOf = ({ claim }: SecretOrder): string | undefined =>
  claim.auth.kind === "password" ? claim.auth.secret?.kmsKeyArn : undefined;

export const descriptionOf = (login: string, cluster: string): string =>
  `Login ${login} of ${cluster}, managed by db-access`;

async function create(order: SecretOrder, name: string, known: StoredVersion | undefined): Promise<PreparedSecret> {
  const { config, claim, id, generation, username } = order;
  const password = known?.password ?? generatePassword();
  const created = await secretsClient().send(
    new CreateSecretCommand({
      Name: name,
      ClientRequestToken: credentialToken(id, generation),
      SecretString: secretText(serviceOf(config), claim, username, password),
      Description: descriptionOf(claim.name, config.cluster),
      KmsKeyId: keyOf(order),
      Tags: tagList({
        ...wantedTags(ownershipOf(order)),
        create_by_user_automation: "true",
        creation_timestamp: new Date().toISOString(),
      }),
    }),
  );
  const { ARN: arn = name, VersionId: versionId = "" } = created;
  if (known === undefined) return { arn, versionId, password, pending: false, fresh: true };
  // The very same value may have been staged by a run that did not end, which is answered as if it were new.
  return { arn, versionId, password, pending: isUnfinished(await describeLive(arn), versionId), fresh: false };
}

/** A name that is taken: ours from a run that did not end, ours and on its way out, or of a login that ends. */
async function takeExisting(
  order: SecretOrder,
  name: string,
  known: StoredVersion | undefined,
  described: Described,
): Promise<PreparedSecret> {
  const problem = takenProblem(described, name, ownershipOf(order));
  if (problem !== undefined) throw new DbAccessError(problem.code, problem.message, { property: "auth.secret.name" });
  const arn = described.ARN ?? name;
  const ours = belonging(tagsOf(described.Tags), ownershipOf(order)) === "ours";
  const live = described.DeletedDate === undefined;
  if (!ours || !live) await takeOver(order, arn, described);
  if (known !== undefined) return putKnown(order, arn, known);
  const resumed = ours && live ? await resumeVersion(order, arn, described) : undefined;
  // What a restored or forgotten secret holds may be known to somebody: it is never used again.
  return resumed ?? putPending(order, arn);
}

/** The tags come last: until they are there, the next run does all of it again. */
async function takeOver(order: SecretOrder, arn: string, described: Described): Promise<void> {
  const { claim, config } = order;
  const client = secretsClient();
  const live = described.DeletedDate === undefined;
  if (!live) await restore(arn, described);
  const description = descriptionOf(claim.name, config.cluster);
  const key = keyOf(order);
  if (described.Description !== description || keyIn(described.KmsKeyId) !== key)
    await client.send(
      new UpdateSecretCommand({
        SecretId: arn,
        Description: description,
        // Empty: the account's own key.
        ...(keyIn(described.KmsKeyId) === key ? {} : { KmsKeyId: key ?? "" }),
      }),
    );
  const wanted = wantedTags(ownershipOf(order));
  const tags = tagsOf(described.Tags);
  const former = tags[FORMER_TAG] ?? tags[PRINCIPAL_TAG];
  await client.send(
    new TagResourceCommand({
      SecretId: arn,
      // Its login may still be in use: should the new one come to nothing, it gets its secret back.
      Tags: tagList(live && former !== wanted[PRINCIPAL_TAG] ? { ...wanted, [FORMER_TAG]: former } : wanted),
    }),
  );
}

/** As it would have been made: nobody gets in again because an earlier login had let them in. */
async function restore(arn: string, { RotationEnabled, Tags }: Described): Promise<void> {
  const client = secretsClient();
  await client.send(new RestoreSecretCommand({ SecretId: arn }));
  await client.send(new DeleteResourcePolicyCommand({ SecretId: arn }));
  if (RotationEnabled === true) await client.send(new CancelRotateSecretCommand({ SecretId: arn }));
  const TagKeys = Object.keys(tagsOf(Tags)).filter((tag) => !isOwnTag(tag));
  if (TagKeys.length > 0) await client.send(new UntagResourceCommand({ SecretId: arn, TagKeys }));
}

/** The login that a secret was taken from has it again, with the version that was current all the time. */
export async function giveBack(arn: string, former: string, described: Described): Promise<void> {
  const client = secretsClient();
  const cluster = tagsOf(described.Tags)[CLUSTER_TAG];
  const login = former.slice(former.lastIndexOf("/") + 1);
  await client.send(new UpdateSecretCommand({ SecretId: arn, Description: descriptionOf(login, cluster) }));
  await client.send(new TagResourceCommand({ SecretId: arn, Tags: tagList({ [PRINCIPAL_TAG]: former }) }));
}
