import { z } from "zod";
import { AwsError } from "../errors";
import { page, readInput, seconds, sized } from "../input";
import type { JsonOperation } from "../service";
import { stagesById, type Secret } from "./model";
import { replicationStatus } from "./replication";
import { daysOf, nextRotation } from "./schedule";
import type { SecretStore } from "./store";
import { secretId } from "./values";

const listInput = z.object({
  IncludePlannedDeletion: z.boolean().default(false),
  MaxResults: z.number().int().min(1).max(100).default(100),
  NextToken: z.string().optional(),
  SortOrder: z.enum(["asc", "desc"]).default("asc"),
  Filters: z.array(z.object({ Key: z.string(), Values: z.array(sized(0, 512)).max(10) })).default([]),
});

/** API DescribeSecret: what a secret that never had rotation does not show at all. */
function rotationOf({ rotation }: Secret): Record<string, unknown> {
  if (rotation === undefined) return {};
  const { enabled, functionArn, rules, since, lastRotated } = rotation;
  const expression = rules?.ScheduleExpression !== undefined && lastRotated !== undefined;
  const next = enabled && rules !== undefined ? nextRotation(rules, since) : undefined;
  return {
    RotationEnabled: enabled,
    RotationLambdaARN: functionArn,
    ...(rules === undefined
      ? {}
      : { RotationRules: expression ? { AutomaticallyAfterDays: daysOf(rules, lastRotated), ...rules } : rules }),
    ...(enabled && lastRotated !== undefined ? { LastRotatedDate: seconds(lastRotated) } : {}),
    ...(next === undefined ? {} : { NextRotationDate: seconds(next) }),
  };
}

/** Shown by a primary that has replicas, and by the replicas. */
function primaryRegionOf({ region, replicas, primaryRegion }: Secret): Record<string, unknown> {
  if (primaryRegion !== undefined) return { PrimaryRegion: primaryRegion };
  return replicas === undefined || replicas.length === 0 ? {} : { PrimaryRegion: region };
}

const startOfDay = (time: number): number => Math.floor(time / 86_400_000) * 86_400;

function description(secret: Secret): Record<string, unknown> {
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(secret.description === undefined ? {} : { Description: secret.description }),
    ...(secret.kmsKeyId === undefined ? {} : { KmsKeyId: secret.kmsKeyId }),
    ...rotationOf(secret),
    LastChangedDate: seconds(secret.changed),
    // AWS tells the day only.
    ...(secret.accessed === undefined ? {} : { LastAccessedDate: startOfDay(secret.accessed) }),
    ...(secret.deletionDue === undefined ? {} : { DeletedDate: seconds(secret.deletionDue) }),
    ...(secret.tags.length === 0 ? {} : { Tags: secret.tags }),
    CreatedDate: seconds(secret.created),
    ...primaryRegionOf(secret),
  };
}

const begins = (text: string, start: string): boolean => text.startsWith(start);
const wordsBegin = (text: string, start: string): boolean =>
  text
    .toLowerCase()
    .split(/[\s/_+=.@-]+/)
    .some((word) => begins(word, start.toLowerCase()));

const fields: Readonly<Record<string, (secret: Secret, value: string) => boolean>> = {
  name: (secret, value) => begins(secret.name, value),
  description: (secret, value) => wordsBegin(secret.description ?? "", value),
  "tag-key": (secret, value) => secret.tags.some(({ Key }) => begins(Key, value)),
  "tag-value": (secret, value) => secret.tags.some(({ Value }) => begins(Value, value)),
  all: (secret, value) =>
    [secret.name, secret.description ?? "", ...secret.tags.flatMap(({ Key, Value }) => [Key, Value])].some((text) =>
      wordsBegin(text, value),
    ),
};

/** A value that begins with `!` excludes. Values of one filter are alternatives, filters are cumulative. */
function passes(secret: Secret, filter: { Key: string; Values: string[] }): boolean {
  const matches = fields[filter.Key];
  if (matches === undefined) {
    throw new AwsError("ValidationException", `The filter key ${filter.Key} is not one the local stack knows.`);
  }
  const excluded = filter.Values.filter((value) => value.startsWith("!")).map((value) => value.slice(1));
  const included = filter.Values.filter((value) => !value.startsWith("!"));
  if (excluded.some((value) => matches(secret, value))) return false;
  return included.length === 0 || included.some((value) => matches(secret, value));
}

/** What there is, without values. */
export function readingOperations(store: SecretStore): Record<string, JsonOperation> {
  return {
    DescribeSecret(request, caller) {
      const { SecretId } = readInput(z.object({ SecretId: secretId }), request);
      const secret = store.find(SecretId, "DescribeSecret", caller);
      const labelled = secret.versions.length === 0 ? {} : { VersionIdsToStages: stagesById(secret) };
      const status = replicationStatus(store, secret);
      const ReplicationStatus = status.length === 0 ? {} : { ReplicationStatus: status };
      return { ...description(secret), ...labelled, ...ReplicationStatus };
    },

    ListSecrets(request, caller) {
      const input = readInput(listInput, request);
      const shown = store
        .of(caller)
        .filter((secret) => input.IncludePlannedDeletion || secret.deletionDue === undefined)
        .filter((secret) => input.Filters.every((filter) => passes(secret, filter)));
      if (input.SortOrder === "desc") shown.reverse();
      const { items, next } = page(shown, input.MaxResults, input.NextToken);
      return {
        SecretList: items.map((secret) => ({ ...description(secret), SecretVersionsToStages: stagesById(secret) })),
        ...(next === undefined ? {} : { NextToken: next }),
      };
    },
  };
}
