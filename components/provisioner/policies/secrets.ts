import { CLUSTER_TAG, SUPPLIES_TAG } from "../../../provisioner/access/secret-text";
import { arn, type Place, type PolicyStatement } from "./document";
import { creationTagKeys, forCluster, formerTagKey, ofCluster, ownershipTagKeys } from "./tags";

interface Cluster extends Place {
  clusterName: string;
}

const actions = (...names: string[]): string[] => names.map((name) => `secretsmanager:${name}`);

const everySecret = (place: Place): string[] => [arn(place, "secretsmanager", "secret:*")];

const named = (place: Place, prefixes: readonly string[]): string[] =>
  prefixes.map((prefix) => arn(place, "secretsmanager", `secret:${prefix}*`));

/** `settings`: besides its value what logins may inherit from it. */
export const readAdminSecret = (secretArn: string | undefined, settings: boolean): PolicyStatement | undefined =>
  secretArn === undefined
    ? undefined
    : {
        Sid: "ReadAdminSecret",
        Effect: "Allow",
        Action: actions("GetSecretValue", ...(settings ? ["DescribeSecret", "GetResourcePolicy"] : [])),
        Resource: [secretArn],
      };

/**
 * Whether a name is free, and whose it is if not: without this, AWS answers that a secret which does not exist may not
 * be looked at. Shows no value.
 */
export const lookUpSecretNames = (place: Place, prefixes: readonly string[]): PolicyStatement => ({
  Sid: "LookUpSecretNames",
  Effect: "Allow",
  Action: actions("DescribeSecret"),
  Resource: named(place, prefixes),
});

/** Only under the prefixes, and only as ours. */
export const createSecrets = (cluster: Cluster, prefixes: readonly string[]): PolicyStatement => ({
  Sid: "CreateSecrets",
  Effect: "Allow",
  Action: actions("CreateSecret"),
  Resource: named(cluster, prefixes),
  Condition: {
    StringEquals: forCluster(cluster.clusterName),
    "ForAllValues:StringEquals": { "aws:TagKeys": creationTagKeys },
  },
});

/**
 * A secret that is made has its tags already when TagResource is asked for. A condition on the request's tags instead
 * would let the function put our tag on somebody else's secret, and read it then.
 */
export const tagOwnSecrets = (cluster: Cluster, inherited: readonly string[]): PolicyStatement => ({
  Sid: "TagOwnSecrets",
  Effect: "Allow",
  Action: actions("TagResource"),
  Resource: everySecret(cluster),
  Condition: {
    StringEquals: ofCluster(cluster.clusterName),
    "ForAllValues:StringEquals": { "aws:TagKeys": [...creationTagKeys, formerTagKey, ...inherited] },
  },
});

const reading = ["DescribeSecret", "GetSecretValue"];
const rotating = ["PutSecretValue", "UpdateSecretVersionStage"];
const managing = [
  "UpdateSecret",
  "DeleteSecret",
  "RestoreSecret",
  "RotateSecret",
  "CancelRotateSecret",
  "GetResourcePolicy",
  "PutResourcePolicy",
  "DeleteResourcePolicy",
  "ReplicateSecretToRegions",
  "RemoveRegionsFromReplication",
  "UntagResource",
];

/** By tag and not by name: what was made under an earlier prefix stays ours. */
export const useOwnSecrets = (cluster: Cluster, use: "manage" | "rotate"): PolicyStatement => ({
  Sid: "UseOwnSecrets",
  Effect: "Allow",
  Action: actions(...reading, ...rotating, ...(use === "manage" ? managing : [])),
  Resource: everySecret(cluster),
  Condition: { StringEquals: ofCluster(cluster.clusterName) },
});

/** A rotation may be what proves the password of a login that has taken a secret over. */
export const endTakeOver = (cluster: Cluster): PolicyStatement => ({
  Sid: "EndTakeOver",
  Effect: "Allow",
  Action: actions("UntagResource"),
  Resource: everySecret(cluster),
  Condition: {
    StringEquals: ofCluster(cluster.clusterName),
    "ForAllValues:StringEquals": { "aws:TagKeys": [formerTagKey] },
  },
});

/** Nothing is handed to another cluster, and nothing of another cluster is claimed for ours. */
export const denyOtherClusterTag = (clusterName: string, tagging: readonly string[]): PolicyStatement => ({
  Sid: "DenyOtherClusterTag",
  Effect: "Deny",
  Action: [...tagging],
  Resource: ["*"],
  Condition: {
    StringNotEquals: forCluster(clusterName),
    Null: { [`aws:RequestTag/${CLUSTER_TAG}`]: "false" },
  },
});

export const denyRemovingOwnership = (): PolicyStatement => ({
  Sid: "DenyRemovingOwnership",
  Effect: "Deny",
  Action: actions("UntagResource"),
  Resource: ["*"],
  Condition: { "ForAnyValue:StringEquals": { "aws:TagKeys": ownershipTagKeys } },
});

/** Also where the call does not say it. */
export const denyPublicPolicies = (): PolicyStatement => ({
  Sid: "DenyPublicPolicies",
  Effect: "Deny",
  Action: actions("PutResourcePolicy"),
  Resource: ["*"],
  Condition: { BoolIfExists: { "secretsmanager:BlockPublicPolicy": "false" } },
});

/** Secrets of others whose owners mean them for logins of this cluster. */
export const readSuppliedSecrets = (cluster: Cluster): PolicyStatement => ({
  Sid: "ReadSuppliedSecrets",
  Effect: "Allow",
  Action: actions(...reading),
  Resource: everySecret(cluster),
  Condition: { StringEquals: { [`aws:ResourceTag/${SUPPLIES_TAG}`]: cluster.clusterName } },
});
