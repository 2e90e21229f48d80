import type { Caller } from "../identity";
import { bucketArn, objectArn, type ObjectStore } from "../objects/store";
import type { AccessRequest } from "./policy";
import { keyRequests, textOf } from "./request-parts";

/** API HeadObject: it needs what GetObject needs. */
const actionOf = (operation: string): string => (operation === "HeadObject" ? "GetObject" : operation);

/** Service Authorization Reference, Amazon S3. */
export function objectRequests(
  store: ObjectStore,
  operation: string,
  request: Readonly<Record<string, unknown>>,
  caller: Caller,
): AccessRequest[] {
  const name = textOf(request.Bucket) ?? "";
  const key = textOf(request.Key) ?? "";
  const resource = objectArn(name, key, caller);
  const bucket = store.named(name);
  const writes = operation === "PutObject";
  const asked: AccessRequest = { action: `s3:${actionOf(operation)}`, resource, context: {} };
  // API GetObject, Permissions: who may not list the bucket is denied an object that is not there.
  if (!writes && bucket !== undefined && !bucket.objects.has(key))
    return [asked, { action: "s3:ListBucket", resource: bucketArn(name, caller), context: {} }];
  // User Guide, Encryption context: the object's ARN, as long as the bucket has no key of its own.
  const keys = keyRequests([writes ? "GenerateDataKey" : "Decrypt"], bucket?.kmsKeyArn, caller, "s3", {
    "aws:s3:arn": resource,
  });
  return [asked, ...keys];
}
