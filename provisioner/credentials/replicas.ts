import { RemoveRegionsFromReplicationCommand, ReplicateSecretToRegionsCommand } from "@aws-sdk/client-secrets-manager";
import type { Replica } from "../access/claims";
import { canonicalJson } from "../access/plan/context";
import { DbAccessError } from "../errors";
import { secretsClient } from "./aws-clients";
import { isAws } from "./aws-error";
import { describeLive, replicasOf, type Described } from "./describe-secret";
import { whileSettling } from "./settling";

/** A replica with another key, or one that could not be made, is removed and made again. */
export async function changeReplicas(arn: string, add: readonly Replica[], remove: readonly string[]): Promise<void> {
  const described = await describeLive(arn);
  const there = replicasOf(described);
  const wanted = add.filter(
    ({ region, kmsKeyArn }) => !there.some((replica) => replica.region === region && replica.kmsKeyArn === kmsKeyArn),
  );
  const made = add.filter((replica) => !wanted.includes(replica)).map(({ region }) => region);
  const inTheWay = [...remove, ...wanted.map(({ region }) => region)].filter((region) => !made.includes(region));
  const removed = await removeReplicas(arn, described, inTheWay);
  if (wanted.length === 0) return;
  const { ReplicationStatus = [] } = await whileSettling(
    () => replicate(arn, wanted),
    // What was removed is still going.
    (error) => removed && isRefusal(error),
  ).catch((error: unknown) => {
    throw isRefusal(error) ? refused(wanted.map(({ region }) => region)) : error;
  });
  const failed = ReplicationStatus.filter(({ Status }) => Status === "Failed").flatMap(({ Region }) => Region ?? []);
  const ours = wanted.map(({ region }) => region).filter((region) => failed.includes(region));
  if (ours.length > 0) throw refused(ours);
}

const isRefusal = (error: unknown): boolean => isAws(error, "InvalidRequestException", "InvalidParameterException");

async function replicate(arn: string, wanted: readonly Replica[]): Promise<Pick<Described, "ReplicationStatus">> {
  try {
    return await secretsClient().send(
      new ReplicateSecretToRegionsCommand({
        SecretId: arn,
        AddReplicaRegions: wanted.map(({ region, kmsKeyArn }) => ({ Region: region, KmsKeyId: kmsKeyArn })),
      }),
    );
  } catch (error) {
    // The answer to a call that succeeded was lost, and the SDK's repetition found its work done.
    const there = isRefusal(error) ? replicasOf(await describeLive(arn)).map(canonicalJson) : [];
    if (wanted.every((replica) => there.includes(canonicalJson(replica)))) return {};
    throw error;
  }
}

const refused = (regions: readonly string[]): DbAccessError =>
  new DbAccessError(
    "SecretUnavailable",
    `The secret cannot be copied to ${regions.join(", ")}; see that the Region is enabled, its key can be used, and no other secret has the name there.`,
    { property: "auth.secret.replicas" },
  );

/** Of the given Regions, or of all. True when there were any. */
export async function removeReplicas(
  arn: string,
  described: Described | undefined,
  regions?: readonly string[],
): Promise<boolean> {
  const there = (described?.ReplicationStatus ?? []).flatMap(({ Region }) => Region ?? []);
  const going = there.filter((region) => regions === undefined || regions.includes(region));
  if (going.length === 0) return false;
  await secretsClient().send(new RemoveRegionsFromReplicationCommand({ SecretId: arn, RemoveReplicaRegions: going }));
  return true;
  return true;
}
