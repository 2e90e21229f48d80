import { randomUUID } from "node:crypto";
import { z } from "zod";
import { AwsError } from "../errors";
import { kmsDenied, requireKey } from "../keys";
import { page, readInput, seconds, sized } from "../input";
import type { JsonOperation } from "../service";
import {
  addVersion,
  current,
  hasValue,
  moveStage,
  stagesById,
  versionWith,
  type SecretValue,
  type SecretVersion,
} from "./model";
import type { SecretStore } from "./store";

export const secretId = sized(1, 2048);
export const clientRequestToken = z.string().optional();
const stage = sized(1, 256);
const limit = 65_536;

export const valueMembers = {
  SecretString: z
    .string()
    .min(1, "Member must have length greater than or equal to 1")
    .refine((text) => Buffer.byteLength(text) <= limit, `Member must have length less than or equal to ${limit}`)
    .optional(),
  SecretBinary: sized(1, Math.ceil(limit / 3) * 4).optional(),
};

/** The value in a request, or nothing when there is none. */
export function valueOf({ SecretString, SecretBinary }: SecretValue): SecretValue | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined) {
    const text = "You can't specify both a binary secret value and a string secret value in the same secret.";
    throw new AwsError("InvalidParameterException", text);
  }
  if (SecretString !== undefined) return { SecretString };
  return SecretBinary === undefined ? undefined : { SecretBinary };
}

/** The SDK always sends a token; a caller without one gets a random version id. */
export function tokenOf(token: string | undefined): string {
  if (token === undefined) return randomUUID();
  if (token.length >= 32 && token.length <= 64) return token;
  throw new AwsError("InvalidParameterException", "ClientRequestToken must be 32-64 characters long.");
}

const missingValue = (what: string): AwsError =>
  new AwsError("ResourceNotFoundException", `Secrets Manager can't find the specified secret value for ${what}`);

const getInput = z.object({ SecretId: secretId, VersionId: z.string().optional(), VersionStage: stage.optional() });
const putInput = z.object({
  SecretId: secretId,
  ClientRequestToken: clientRequestToken,
  ...valueMembers,
  VersionStages: z.array(stage).min(1).max(20).optional(),
});
const stageInput = z.object({
  SecretId: secretId,
  VersionStage: stage,
  MoveToVersionId: z.string().optional(),
  RemoveFromVersionId: z.string().optional(),
});
const versionsInput = z.object({
  SecretId: secretId,
  IncludeDeprecated: z.boolean().optional(),
  MaxResults: z.number().int().min(1).max(100).default(100),
  NextToken: z.string().optional(),
});

/** Reading and writing values, and the labels that say which value is which. */
export function valueOperations(store: SecretStore): Record<string, JsonOperation> {
  return {
    GetSecretValue(request, caller) {
      const input = readInput(getInput, request);
      const secret = store.findLive(input.SecretId, "GetSecretValue", caller);
      let version: SecretVersion | undefined;
      if (input.VersionId === undefined) {
        const label = input.VersionStage ?? current;
        version = versionWith(secret, label);
        if (version === undefined || !hasValue(version)) throw missingValue(`staging label: ${label}`);
      } else {
        version = secret.versions.find(({ id }) => id === input.VersionId);
        if (version === undefined) throw missingValue(`VersionId: ${input.VersionId}`);
        if (input.VersionStage !== undefined && !version.stages.includes(input.VersionStage)) {
          const text = "You provided a VersionStage that is not associated to the provided VersionId.";
          throw new AwsError("InvalidRequestException", text);
        }
        if (!hasValue(version)) throw missingValue(`VersionId: ${input.VersionId}`);
      }
      // The default key, aws/secretsmanager, cannot be used from another account.
      if (secret.account !== caller.account && version.keyId === undefined) throw kmsDenied();
      requireKey(store.keys, version.keyId, "decrypt");
      secret.accessed = Date.now();
      store.touch();
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        ...version.value,
        VersionStages: version.stages,
        CreatedDate: seconds(version.created),
      };
    },

    PutSecretValue(request, caller) {
      const input = readInput(putInput, request);
      const value = valueOf(input);
      const token = tokenOf(input.ClientRequestToken);
      if (value === undefined) {
        throw new AwsError("InvalidRequestException", "You must provide either SecretString or SecretBinary.");
      }
      const secret = store.findLive(input.SecretId, "PutSecretValue", caller);
      requireKey(store.keys, secret.kmsKeyId, "encrypt");
      const { version } = addVersion(secret, token, value, input.VersionStages ?? [current]);
      store.touch();
      return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: version.stages };
    },

    UpdateSecretVersionStage(request, caller) {
      const input = readInput(stageInput, request);
      const { VersionStage: label, MoveToVersionId: to, RemoveFromVersionId: from } = input;
      const secret = store.findLive(input.SecretId, "UpdateSecretVersionStage", caller);
      const reply = { ARN: secret.arn, Name: secret.name };
      const refuse = (text: string): AwsError => new AwsError("InvalidParameterException", text);
      if (to === undefined && from === undefined) {
        throw refuse("You must provide MoveToVersionId or RemoveFromVersionId.");
      }
      const versionOf = (id: string): SecretVersion => {
        const version = secret.versions.find((one) => one.id === id);
        if (version === undefined) throw missingValue(`VersionId: ${id}`);
        return version;
      };
      const target = to === undefined ? undefined : versionOf(to);
      const source = from === undefined ? undefined : versionOf(from);
      const holder = versionWith(secret, label);
      if (holder !== undefined && holder === target && source === undefined) return reply;
      if (holder !== undefined && source === undefined) {
        throw refuse(
          `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
        );
      }
      if (source !== undefined && source !== holder) {
        throw refuse(`Staging label ${label} isn't currently attached to version ${source.id}.`);
      }
      if (target !== undefined && label === current && !hasValue(target)) throw missingValue(`VersionId: ${target.id}`);
      if (target !== undefined) moveStage(secret, label, target);
      else if (label === current) {
        throw refuse(
          "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
        );
      } else if (holder !== undefined) holder.stages = holder.stages.filter((one) => one !== label);
      secret.changed = Date.now();
      store.touch();
      return reply;
    },

    ListSecretVersionIds(request, caller) {
      const input = readInput(versionsInput, request);
      const secret = store.find(input.SecretId, "ListSecretVersionIds", caller);
      const labelled = stagesById(secret);
      const shown = secret.versions.filter(({ id }) => input.IncludeDeprecated === true || id in labelled);
      const { items, next } = page(shown, input.MaxResults, input.NextToken);
      const Versions = items.map((version) => ({
        VersionId: version.id,
        ...(version.stages.length === 0 ? {} : { VersionStages: version.stages }),
        CreatedDate: seconds(version.created),
        KmsKeyIds: [version.keyId ?? "DefaultEncryptionKey"],
      }));
      return { ARN: secret.arn, Name: secret.name, Versions, ...(next === undefined ? {} : { NextToken: next }) };
    },
  };
}
