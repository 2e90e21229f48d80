import type { Caller } from "../identity";
import type { Tag } from "../input";
import type { Context } from "./conditions";
import type { AccessRequest } from "./policy";

/** Requests are looked at before they are validated: anything may be in them. */
export const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

export const tagsIn = (value: unknown): Tag[] =>
  listOf(value).flatMap((tag) => {
    const { Key, Value } = (tag ?? {}) as Record<string, unknown>;
    return typeof Key === "string" ? [{ Key, Value: textOf(Value) ?? "" }] : [];
  });

const keyed = (prefix: string, tags: readonly Tag[]): Context =>
  Object.fromEntries(tags.map(({ Key, Value }) => [`${prefix}${Key}`, Value]));

/** The tags that a call sets. */
export const requestTags = (tags: readonly Tag[]): Context =>
  tags.length === 0 ? {} : { ...keyed("aws:RequestTag/", tags), "aws:TagKeys": tags.map(({ Key }) => Key) };

/** The tags that what is called has, under the global name and the service's own. */
export const resourceTags = (tags: readonly Tag[], prefix: string): Context => ({
  ...keyed("aws:ResourceTag/", tags),
  ...keyed(prefix, tags),
});

/** A key that belongs to AWS needs no permission of the caller's. */
const isOwnKey = (key: string | undefined): boolean => key === undefined || key === "" || /(^|:)alias\/aws\//.test(key);

/** The caller's own permissions for a key that a service uses in its name. */
export function keyRequests(
  actions: readonly string[],
  key: string | undefined,
  place: Pick<Caller, "account" | "region" | "partition">,
  via: "secretsmanager" | "ssm" | "s3",
  encryptionContext: Readonly<Record<string, string>>,
): AccessRequest[] {
  if (key === undefined || isOwnKey(key)) return [];
  const { account, region, partition } = place;
  const resource = key.startsWith("arn:") ? key : `arn:${partition}:kms:${region}:${account}:key/${key}`;
  const context: Context = {
    "kms:ViaService": `${via}.${region}.amazonaws.com`,
    ...Object.fromEntries(
      Object.entries(encryptionContext).map(([name, text]) => [`kms:EncryptionContext:${name}`, text]),
    ),
  };
  return actions.map((action) => ({ action: `kms:${action}`, resource, context }));
}
