import { z } from "zod";
import { AwsError } from "../errors";
import { defaultSecretsKey, requireKey, type Keys } from "../keys";
import { mergeTags, readInput, seconds, sized, tagList } from "../input";
import type { JsonOperation } from "../service";
import { addVersion, current, hasValue, type Secret } from "./model";
import { checkRegions, replicaRegions, replicate } from "./replication";
import { newArn, type SecretStore } from "./store";
import { clientRequestToken, secretId, tokenOf, valueMembers, valueOf } from "./values";

const day = 24 * 60 * 60 * 1000;
const invalid = (text: string): AwsError => new AwsError("InvalidParameterException", text);

const details = {
  Description: sized(0, 2048).optional(),
  KmsKeyId: sized(0, 2048).optional(),
  ClientRequestToken: clientRequestToken,
  ...valueMembers,
};
const createInput = z.object({
  Name: sized(1, 512),
  Tags: tagList.optional(),
  AddReplicaRegions: replicaRegions.optional(),
  ForceOverwriteReplicaSecret: z.boolean().default(false),
  ...details,
});
const updateInput = z.object({ SecretId: secretId, ...details });
const deleteInput = z.object({
  SecretId: secretId,
  RecoveryWindowInDays: z.number().int().optional(),
  ForceDeleteWithoutRecovery: z.boolean().optional(),
});
const tagInput = z.object({ SecretId: secretId, Tags: tagList });
const untagInput = z.object({ SecretId: secretId, TagKeys: z.array(sized(1, 128)) });

function requireName(name: string): void {
  if (/^[A-Za-z0-9/_+=.@-]+$/.test(name)) return;
  const text =
    "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!";
  throw new AwsError("ValidationException", text);
}

/**
 * API UpdateSecret, KmsKeyId: versions with a label are encrypted again with the new key; they stay as they are when the
 * caller may not use it.
 */
function changeKey(keys: Keys, secret: Secret, keyId: string | undefined): void {
  const trouble = keys.troubleOf(keyId ?? defaultSecretsKey);
  if (trouble === "disabled") requireKey(keys, keyId, "encrypt");
  const labelled = secret.versions.filter((version) => version.stages.length > 0 && hasValue(version));
  if (trouble === undefined) for (const version of labelled) requireKey(keys, version.keyId, "decrypt");
  secret.kmsKeyId = keyId;
  if (trouble === undefined) for (const version of labelled) version.keyId = keyId;
}

/** Making, changing, deleting and restoring secrets, and their tags. */
export function lifecycleOperations(store: SecretStore): Record<string, JsonOperation> {
  return {
    CreateSecret(request, caller) {
      const input = readInput(createInput, request);
      requireName(input.Name);
      const value = valueOf(input);
      const token = tokenOf(input.ClientRequestToken);
      const tags = mergeTags([], input.Tags ?? [], "InvalidParameterException");
      const regions = input.AddReplicaRegions ?? [];
      checkRegions(caller, regions);
      const known = store.named(input.Name, caller);
      if (known?.deletionDue !== undefined) {
        const text = "You can't create this secret because a secret with this name is already scheduled for deletion.";
        throw new AwsError("InvalidRequestException", text);
      }
      if (known !== undefined) {
        // The same request again is answered as it was the first time.
        if (value === undefined || !known.versions.some(({ id }) => id === token)) {
          const text = `The operation failed because the secret ${input.Name} already exists.`;
          throw new AwsError("ResourceExistsException", text);
        }
        requireKey(store.keys, known.kmsKeyId, "encrypt");
        addVersion(known, token, value, [current]);
        return { ARN: known.arn, Name: known.name, VersionId: token };
      }
      if (value !== undefined) requireKey(store.keys, input.KmsKeyId, "encrypt");
      const secret = store.create(caller, input.Name);
      secret.tags = tags;
      secret.description = input.Description;
      secret.kmsKeyId = input.KmsKeyId;
      if (value !== undefined) addVersion(secret, token, value, [current]);
      store.touch();
      const status = replicate(store, secret, regions, input.ForceOverwriteReplicaSecret);
      return {
        ARN: secret.arn,
        Name: secret.name,
        ...(value === undefined ? {} : { VersionId: token }),
        ...(status.length === 0 ? {} : { ReplicationStatus: status }),
      };
    },

    UpdateSecret(request, caller) {
      const input = readInput(updateInput, request);
      const value = valueOf(input);
      const token = tokenOf(input.ClientRequestToken);
      const secret = store.findLive(input.SecretId, "UpdateSecret", caller);
      // An empty key id means the default key again.
      const keyId = input.KmsKeyId === "" ? undefined : (input.KmsKeyId ?? secret.kmsKeyId);
      if (value !== undefined) requireKey(store.keys, keyId, "encrypt");
      if (input.KmsKeyId !== undefined) changeKey(store.keys, secret, keyId);
      if (value !== undefined) addVersion(secret, token, value, [current]);
      secret.description = input.Description ?? secret.description;
      secret.changed = Date.now();
      store.touch();
      return { ARN: secret.arn, Name: secret.name, ...(value === undefined ? {} : { VersionId: token }) };
    },

    DeleteSecret(request, caller) {
      const input = readInput(deleteInput, request);
      const { RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force = false } = input;
      if (force && days !== undefined) {
        throw invalid("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
      }
      if (days !== undefined && (days < 7 || days > 30)) {
        throw invalid("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
      }
      const now = Date.now();
      if (force && !input.SecretId.startsWith("arn:") && store.named(input.SecretId, caller) === undefined) {
        return { ARN: newArn(caller, input.SecretId), Name: input.SecretId, DeletionDate: seconds(now) };
      }
      const secret = store.find(input.SecretId, "DeleteSecret", caller);
      const reply = { ARN: secret.arn, Name: secret.name };
      if (secret.replicas !== undefined && secret.replicas.length > 0) {
        const regions = secret.replicas.map(({ region }) => region).join(", ");
        throw invalid(`You can't delete secret ${secret.arn} that still has replica regions [${regions}].`);
      }
      if (force) {
        store.remove(secret);
        store.touch();
        return { ...reply, DeletionDate: seconds(now) };
      }
      if (secret.deletionDue !== undefined) {
        const text = "You can't perform this operation on the secret because it was already scheduled for deletion.";
        throw new AwsError("InvalidRequestException", text);
      }
      secret.deletionDue = now + (days ?? 30) * day;
      store.touch();
      return { ...reply, DeletionDate: seconds(secret.deletionDue) };
    },

    RestoreSecret(request, caller) {
      const { SecretId } = readInput(z.object({ SecretId: secretId }), request);
      const secret = store.find(SecretId, "RestoreSecret", caller);
      secret.deletionDue = undefined;
      store.touch();
      return { ARN: secret.arn, Name: secret.name };
    },

    TagResource(request, caller) {
      const input = readInput(tagInput, request);
      const secret = store.findLive(input.SecretId, "TagResource", caller);
      secret.tags = mergeTags(secret.tags, input.Tags, "InvalidParameterException");
      store.touch();
      return {};
    },

    UntagResource(request, caller) {
      const input = readInput(untagInput, request);
      const secret = store.findLive(input.SecretId, "UntagResource", caller);
      secret.tags = secret.tags.filter(({ Key }) => !input.TagKeys.includes(Key));
      store.touch();
      return {};
    },
  };
}
