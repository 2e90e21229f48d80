import type { DescribeSecretCommandOutput } from "@aws-sdk/client-secrets-manager";
import { createHash } from "node:crypto";
import type { SecretProblem } from "../access/plan";
import { CLUSTER_TAG, OWNER_TAG, PRINCIPAL_TAG, ownershipTags } from "../access/secret-text";

/** Whom a secret was taken from, until the new login's password is proven. */
export const FORMER_TAG = "db-access:former";

/** Whose it is or shall be. */
export interface Ownership {
  id: string;
  cluster: string;
  owner: string;
}

export type Tags = Record<string, string>;

export const tagsOf = (list: readonly { Key?: string; Value?: string }[] | undefined): Tags =>
  Object.fromEntries((list ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));

export const tagList = (tags: Tags): { Key: string; Value: string }[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

const VALUE_LIMIT = 256;

/** An id as a tag's value: what tags cannot hold is written `=XX`, and what is too long ends in a digest. */
export function principalTagOf(id: string): string {
  const escaped = id
    .replaceAll("%", "=")
    .replace(/[!~*'()]/g, (character) => `=${character.charCodeAt(0).toString(16).toUpperCase()}`);
  if (escaped.length <= VALUE_LIMIT) return escaped;
  const digest = createHash("sha256").update(id, "utf8").digest("hex");
  return `${escaped.slice(0, VALUE_LIMIT - digest.length - 1)}+${digest}`;
}

/** The login that such a value names. Undefined for one that ends in a digest. */
export const loginNamed = (tag: string): string | undefined =>
  tag.includes("+") ? undefined : decodeURIComponent(tag.slice(tag.lastIndexOf("/") + 1).replaceAll("=", "%"));

/** The tags of what is ours. */
export const wantedTags = ({ id, cluster, owner }: Ownership): Tags =>
  ownershipTags(principalTagOf(id), cluster, owner);

export const namesPrincipal = (tags: Tags, id: string): boolean => tags[PRINCIPAL_TAG] === principalTagOf(id);

/** `former`: of another login of the same owner, and so to be had. `elsewhere`: of another cluster of ours. */
export type Belonging = "ours" | "former" | "elsewhere" | "foreign";

export function belonging(tags: Tags, { id, cluster, owner }: Ownership): Belonging {
  const ofPrincipal = tags[PRINCIPAL_TAG];
  const ofCluster = tags[CLUSTER_TAG];
  if (ofPrincipal === undefined || ofCluster === undefined) return "foreign";
  if (ofCluster !== cluster) return "elsewhere";
  if (namesPrincipal(tags, id)) return "ours";
  return tags[OWNER_TAG] === wantedTags({ id, cluster, owner })[OWNER_TAG] ? "former" : "foreign";
}

/** Why a secret under the wanted name cannot be had; undefined when it can. */
export function takenProblem(
  described: DescribeSecretCommandOutput,
  name: string,
  wanted: Ownership,
): SecretProblem | undefined {
  const tags = tagsOf(described.Tags);
  switch (belonging(tags, wanted)) {
    case "ours":
    case "former":
      return undefined;
    case "elsewhere":
      return {
        code: "SecretOfAnotherCluster",
        message: `Secret ${name} belongs to a login of cluster ${tags[CLUSTER_TAG]}; choose another auth.secret.name.`,
      };
    case "foreign":
      return {
        code: "SecretNameTaken",
        message:
          described.DeletedDate === undefined
            ? `Secret ${name} exists and does not belong to this login; choose another auth.secret.name.`
            : `Secret ${name} is scheduled for deletion and belonged to another login; wait for its end, or choose another auth.secret.name.`,
      };
  }
}
