import { z } from "zod";
import { AwsError } from "../errors";
import { defaultSecretsKey } from "../keys";
import { readInput, seconds, sized } from "../input";
import type { JsonOperation } from "../service";
import type { Replica, Secret } from "./model";
import type { SecretStore } from "./store";
import { secretId } from "./values";

const region = z.string().regex(/^([a-z]+-)+\d+$/, "Member must satisfy regular expression pattern: ^([a-z]+-)+\\d+$");
export const replicaRegions = z
  .array(z.object({ Region: region, KmsKeyId: sized(0, 2048).optional() }))
  .min(1, "Member must have length greater than or equal to 1");
const replicateInput = z.object({
  SecretId: secretId,
  AddReplicaRegions: replicaRegions,
  ForceOverwriteReplicaSecret: z.boolean().default(false),
});
const removeInput = z.object({ SecretId: secretId, RemoveReplicaRegions: z.array(region).min(1) });
const invalid = (text: string): AwsError => new AwsError("InvalidParameterException", text);

type Wanted = z.infer<typeof replicaRegions>;

/** API ReplicationStatusType. The one thing replicas do not share with their primary is when they were read. */
export const replicationStatus = (store: SecretStore, secret: Secret): Record<string, unknown>[] =>
  (secret.replicas ?? []).map((replica) => {
    const copy = replica.failed === undefined ? store.replicaOf(secret, replica.region) : undefined;
    return {
      Region: replica.region,
      KmsKeyId: replica.keyId ?? defaultSecretsKey,
      Status: replica.failed === undefined ? "InSync" : "Failed",
      StatusMessage: replica.failed ?? "Replication succeeded",
      ...(copy?.accessed === undefined ? {} : { LastAccessedDate: seconds(copy.accessed) }),
    };
  });

/** Refuses what AWS would refuse at once. Everything else ends in the status of the replica. */
export function checkRegions(secret: Pick<Secret, "region" | "replicas">, wanted: Wanted): void {
  const regions = wanted.map(({ Region }) => Region);
  const known = (secret.replicas ?? []).filter(({ failed }) => failed === undefined).map((one) => one.region);
  const repeated = new Set(regions).size !== regions.length || regions.some((name) => known.includes(name));
  if (repeated || regions.includes(secret.region)) throw invalid("Invalid replica region.");
}

/** Begins replication and gives what the reply shows of it: AWS copies after it has answered. */
export function replicate(
  store: SecretStore,
  secret: Secret,
  wanted: Wanted,
  overwrite: boolean,
): Record<string, unknown>[] {
  const kept = (secret.replicas ?? []).filter((one) => !wanted.some(({ Region }) => Region === one.region));
  const before = replicationStatus(store, { ...secret, replicas: kept });
  const added = wanted.map(({ Region, KmsKeyId }): Replica => {
    const keyId = KmsKeyId === "" ? undefined : KmsKeyId;
    const taken = store.named(secret.name, { account: secret.account, region: Region });
    if (taken !== undefined && !overwrite) {
      return { region: Region, keyId, failed: "Secret with this name already exists in this region" };
    }
    if (store.keys.troubleOf(keyId ?? defaultSecretsKey) !== undefined) {
      return { region: Region, keyId, failed: "Access to KMS is not allowed" };
    }
    if (taken !== undefined) store.remove(taken);
    return { region: Region, keyId };
  });
  secret.replicas = [...kept, ...added];
  store.touch();
  const progress = added.map((replica) => ({
    Region: replica.region,
    KmsKeyId: replica.keyId ?? defaultSecretsKey,
    Status: "InProgress",
  }));
  return [...before, ...progress];
}

/** Copies of a secret in other Regions. */
export function replicationOperations(store: SecretStore): Record<string, JsonOperation> {
  return {
    /** API ReplicateSecretToRegions. */
    ReplicateSecretToRegions(request, caller) {
      const input = readInput(replicateInput, request);
      const secret = store.findLive(input.SecretId, "ReplicateSecretToRegions", caller);
      checkRegions(secret, input.AddReplicaRegions);
      const ReplicationStatus = replicate(store, secret, input.AddReplicaRegions, input.ForceOverwriteReplicaSecret);
      return { ARN: secret.arn, ReplicationStatus };
    },

    /** API RemoveRegionsFromReplication; API DeleteSecret: a replica is deleted immediately. */
    RemoveRegionsFromReplication(request, caller) {
      const input = readInput(removeInput, request);
      const secret = store.findLive(input.SecretId, "RemoveRegionsFromReplication", caller);
      const removed = (secret.replicas ?? []).filter((one) => input.RemoveReplicaRegions.includes(one.region));
      for (const { region: place, failed } of removed) {
        const copy = failed === undefined ? store.replicaOf(secret, place) : undefined;
        if (copy !== undefined) store.remove(copy);
      }
      secret.replicas = (secret.replicas ?? []).filter((one) => !removed.includes(one));
      store.touch();
      return { ARN: secret.arn, ReplicationStatus: replicationStatus(store, secret) };
    },
  };
}
