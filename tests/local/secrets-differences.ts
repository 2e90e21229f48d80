/**
 * Left out of the comparison: a rotation by a function. moto runs functions in containers, and its RotateSecret waits for
 * all four steps where AWS answers at once; `rotation.test.ts` holds our own up to the documentation instead.
 */

/** A step on which AWS's documentation decides against moto. `ours` and `moto` are the normalised outcomes. */
export interface Difference {
  /** The AWS page, and what it says. */
  decidedBy: string;
  ours: unknown;
  moto: unknown;
}

const id = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`;
const made = (name: string): object => ({ ARN: `arn:${name}-suffix`, Name: name, VersionId: "random" });
const named = (name: string): object => ({ ARN: `arn:${name}-suffix`, Name: name });
const value = (name: string, text: string, digit: number, stage: string): object => ({
  ARN: `arn:${name}-suffix`,
  CreatedDate: "date",
  Name: name,
  SecretString: text,
  VersionId: id(digit),
  VersionStages: [stage],
});
const motoVersion = (digit: number, ...stages: string[]): object => ({
  CreatedDate: "date",
  VersionId: id(digit),
  ...(stages.length === 0 ? {} : { VersionStages: stages }),
});
const version = (digit: number, ...stages: string[]): object => ({
  ...motoVersion(digit, ...stages),
  KmsKeyIds: ["DefaultEncryptionKey"],
});
const motoVersions = {
  ARN: "app/four",
  Name: "app/four",
  NextToken: "",
  Versions: [motoVersion(1), motoVersion(2, "AWSPREVIOUS"), motoVersion(3, "AWSCURRENT")].map((one) => ({
    LastAccessedDate: "date",
    VersionStages: [],
    ...one,
  })),
};
const motoReplica = {
  KmsKeyId: "alias/aws/secretsmanager",
  Region: "eu-west-1",
  Status: "InSync",
  StatusMessage: "Replication succeeded",
};
const described = {
  ARN: "arn:app/four-suffix",
  CreatedDate: "date",
  LastChangedDate: "date",
  Name: "app/four",
  VersionIdsToStages: { [id(1)]: ["AWSPREVIOUS"], [id(2)]: ["AWSCURRENT"] },
};

export const differences: Record<string, Difference> = {
  "create with a bad name": {
    decidedBy: "API CreateSecret, Name: ASCII letters, numbers and /_+=.@- only.",
    ours: "ValidationException",
    moto: made("bad name"),
  },
  "create with both values": {
    decidedBy: "API CreateSecret, SecretString: either SecretString or SecretBinary must have a value, but not both.",
    ours: "InvalidParameterException",
    moto: made("bad/both"),
  },
  "create with an aws: tag": {
    decidedBy: "API CreateSecret, Tags, restrictions: the aws: prefix is reserved for AWS use.",
    ours: "InvalidParameterException",
    moto: made("bad/tagged"),
  },
  "tag with aws:": {
    decidedBy: "API TagResource, restrictions: the aws: prefix is reserved for AWS use.",
    ours: "InvalidParameterException",
    moto: {},
  },
  "get after moves": {
    decidedBy: "API GetSecretValue, VersionStage: by default the version with AWSCURRENT.",
    ours: value("app/one", "v2", 2, "AWSCURRENT"),
    moto: value("app/one", `{"a":1}`, 1, "AWSPREVIOUS"),
  },
  "remove current": {
    decidedBy: "User Guide, What's in a secret: a secret always has a version labelled AWSCURRENT.",
    ours: "InvalidParameterException",
    moto: named("app/one"),
  },
  "describe after reading": {
    decidedBy: "API DescribeSecret, LastAccessedDate: omitted only if the secret has not been retrieved.",
    ours: { ...described, LastAccessedDate: "date" },
    moto: described,
  },
  "stages after put": {
    decidedBy: "API DescribeSecret, VersionIdsToStages: versions without labels are deprecated and not included.",
    ours: { [id(2)]: ["AWSPREVIOUS"], [id(3)]: ["AWSCURRENT"] },
    moto: { [id(1)]: [], [id(2)]: ["AWSPREVIOUS"], [id(3)]: ["AWSCURRENT"] },
  },
  "list versions": {
    decidedBy: "API ListSecretVersionIds, IncludeDeprecated: by default versions without labels are not included.",
    ours: { ...named("app/four"), Versions: [version(2, "AWSPREVIOUS"), version(3, "AWSCURRENT")] },
    moto: motoVersions,
  },
  "list deprecated versions": {
    decidedBy: "API ListSecretVersionIds, response: ARN is the ARN, NextToken only when there is more.",
    ours: { ...named("app/four"), Versions: [version(1), version(2, "AWSPREVIOUS"), version(3, "AWSCURRENT")] },
    moto: motoVersions,
  },
  "policy, public and blocked": {
    decidedBy: "API PutResourcePolicy, errors: PublicPolicyException when BlockPublicPolicy is set.",
    ours: "PublicPolicyException",
    moto: named("app/two"),
  },
  "policy, malformed": {
    decidedBy: "API PutResourcePolicy, errors: MalformedPolicyDocumentException.",
    ours: "MalformedPolicyDocumentException",
    moto: named("app/two"),
  },
  "policy, validate": {
    decidedBy: "API ValidateResourcePolicy: the operation exists.",
    ours: { PolicyValidationPassed: true, ValidationErrors: [] },
    // moto's page for an unknown operation is not JSON, and the SDK cannot read it.
    moto: "SyntaxError",
  },
  "create while deleted": {
    decidedBy: "API CreateSecret, errors: InvalidRequestException; the secret is scheduled for deletion.",
    ours: "InvalidRequestException",
    moto: "ResourceExistsException",
  },
  "put to deleted": {
    decidedBy: "API PutSecretValue, errors: InvalidRequestException; the secret is scheduled for deletion.",
    ours: "InvalidRequestException",
    moto: { ...named("app/three"), VersionId: id(2), VersionStages: ["AWSCURRENT"] },
  },
  "tag deleted": {
    decidedBy: "API TagResource, errors: InvalidRequestException; the secret is scheduled for deletion.",
    ours: "InvalidRequestException",
    moto: {},
  },
  replicate: {
    decidedBy: "API ReplicateSecretToRegions, response: ARN is the ARN. ReplicationStatusType: InProgress comes first.",
    ours: {
      ARN: "arn:app/five-suffix",
      ReplicationStatus: [{ KmsKeyId: "alias/aws/secretsmanager", Region: "eu-west-1", Status: "InProgress" }],
    },
    moto: { ARN: "app/five", ReplicationStatus: [motoReplica] },
  },
  "rotate without a function": {
    decidedBy: "API RotateSecret, errors: InvalidRequestException; there is no Lambda function ARN yet and none given.",
    ours: "InvalidRequestException",
    moto: { ...named("app/seven"), VersionId: id(2) },
  },
  "rotate with a missing function": {
    decidedBy: "User Guide, Troubleshoot rotation: access denied unless the function's policy admits Secrets Manager.",
    ours: "AccessDeniedException",
    moto: "ResourceNotFoundException",
  },
};
