import type { Caller } from "../identity";
import { current, versionWith, type Secret } from "../secrets/model";
import type { SecretStore } from "../secrets/store";
import type { Context } from "./conditions";
import type { AccessRequest } from "./policy";
import { keyRequests, listOf, requestTags, resourceTags, tagsIn, textOf } from "./request-parts";

type Request = Readonly<Record<string, unknown>>;

const tagPrefix = "secretsmanager:ResourceTag/";

/** As the service finds it: by name, full ARN, or ARN without the six random characters. */
function lookUp(store: SecretStore, id: string, caller: Caller): Secret | undefined {
  const [prefix, , , , account] = id.split(":");
  const byArn = prefix === "arn";
  const there = store.of({ account: byArn ? account : caller.account, region: caller.region });
  return (
    there.find(({ arn }) => arn === id) ??
    there.find(({ name, arn }) => (byArn ? arn.slice(0, -7) === id : name === id))
  );
}

const arnOf = ({ partition, region, account }: Caller, id: string): string =>
  id.startsWith("arn:") ? id : `arn:${partition}:secretsmanager:${region}:${account}:secret:${id}`;

/** What the call says about tags and public policies. */
function contextOf(operation: string, request: Request): Context {
  switch (operation) {
    case "TagResource":
      return requestTags(tagsIn(request.Tags));
    case "UntagResource":
      return { "aws:TagKeys": listOf(request.TagKeys).map(String) };
    case "PutResourcePolicy":
      return typeof request.BlockPublicPolicy === "boolean"
        ? { "secretsmanager:BlockPublicPolicy": String(request.BlockPublicPolicy) }
        : {};
    default:
      return {};
  }
}

export function secretRequests(
  store: SecretStore,
  operation: string,
  request: Request,
  caller: Caller,
): AccessRequest[] {
  const action = `secretsmanager:${operation}`;
  if (operation === "CreateSecret") return creation(request, caller);
  const id = textOf(request.SecretId);
  if (id === undefined) return [{ action, resource: "*", context: {} }];
  const secret = lookUp(store, id, caller);
  const resource = secret?.arn ?? arnOf(caller, id);
  const context = { ...resourceTags(secret?.tags ?? [], tagPrefix), ...contextOf(operation, request) };
  return [
    { action, resource, context },
    ...(secret === undefined ? [] : keysOf(operation, request, secret, caller)),
    ...rotationOf(operation, request, secret),
  ];
}

/**
 * API CreateSecret, Required permissions: tags and replicas need their own. IAM User Guide, aws:ResourceTag: it is there
 * in requests that create a resource with tags; the tutorial on tags in the same guide creates secrets by it.
 */
function creation(request: Request, caller: Caller): AccessRequest[] {
  const name = textOf(request.Name) ?? "";
  const resource = arnOf(caller, name);
  const tags = tagsIn(request.Tags);
  const replicas = listOf(request.AddReplicaRegions);
  const context = { ...resourceTags(tags, tagPrefix), ...requestTags(tags), "secretsmanager:Name": name };
  const dependent = [
    ...(tags.length === 0 ? [] : ["TagResource"]),
    ...(replicas.length === 0 ? [] : ["ReplicateSecretToRegions"]),
  ];
  return [
    ...["CreateSecret", ...dependent].map((one) => ({ action: `secretsmanager:${one}`, resource, context })),
    ...keyRequests(["GenerateDataKey", "Decrypt"], textOf(request.KmsKeyId), caller, "secretsmanager", {
      SecretARN: resource,
    }),
  ];
}

/** Required permissions of each operation's API page, where the key is a customer's. */
function keysOf(operation: string, request: Request, secret: Secret, caller: Caller): AccessRequest[] {
  const uses = (actions: string[], key: string | undefined, region = caller.region): AccessRequest[] =>
    keyRequests(actions, key, { ...caller, region }, "secretsmanager", { SecretARN: secret.arn });
  switch (operation) {
    case "GetSecretValue": {
      const id = textOf(request.VersionId);
      const label = textOf(request.VersionStage) ?? current;
      const version = id === undefined ? versionWith(secret, label) : secret.versions.find((one) => one.id === id);
      return uses(["Decrypt"], version?.keyId);
    }
    case "PutSecretValue":
      return uses(["GenerateDataKey", "Decrypt"], secret.kmsKeyId);
    case "UpdateSecret": {
      const key = textOf(request.KmsKeyId);
      if (key === undefined) return [];
      // The versions with a label are encrypted again.
      return [...uses(["Decrypt"], secret.kmsKeyId), ...uses(["Encrypt", "GenerateDataKey", "Decrypt"], key)];
    }
    case "ReplicateSecretToRegions":
      return [
        ...uses(["Decrypt"], secret.kmsKeyId),
        ...listOf(request.AddReplicaRegions).flatMap((replica) => {
          const { Region, KmsKeyId } = (replica ?? {}) as Request;
          return uses(["Encrypt", "GenerateDataKey"], textOf(KmsKeyId), textOf(Region));
        }),
      ];
    default:
      return [];
  }
}

/** API RotateSecret, Required permissions: lambda:InvokeFunction on the rotation function. */
function rotationOf(operation: string, request: Request, secret: Secret | undefined): AccessRequest[] {
  if (operation !== "RotateSecret") return [];
  const resource = textOf(request.RotationLambdaARN) ?? secret?.rotation?.functionArn;
  return resource === undefined ? [] : [{ action: "lambda:InvokeFunction", resource, context: {} }];
}
