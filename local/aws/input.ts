import { z } from "zod";
import { AwsError } from "./errors";

/** Reads a request by its model. The reply names the member, never its value: it may be a secret. */
export function readInput<T extends z.ZodType>(schema: T, request: Record<string, unknown>): z.infer<T> {
  const parsed = schema.safeParse(request);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const member = issue.path
      .map(String)
      .join(".")
      .replace(/^[A-Z]/, (letter) => letter.toLowerCase());
    return `Value at '${member}' failed to satisfy constraint: ${issue.message}`;
  });
  const count = `${problems.length} validation error${problems.length === 1 ? "" : "s"} detected`;
  throw new AwsError("ValidationException", `${count}: ${problems.join("; ")}`);
}

/** A string with the length AWS's model gives it, in AWS's words. */
export const sized = (min: number, max: number): z.ZodString =>
  z
    .string()
    .min(min, `Member must have length greater than or equal to ${min}`)
    .max(max, `Member must have length less than or equal to ${max}`);

export const tagList = z.array(z.object({ Key: sized(1, 128), Value: sized(0, 256).default("") }));

export interface Tag {
  Key: string;
  Value: string;
}

/** AWS keeps the `aws:` namespace to itself and takes fifty tags of ours. */
export function mergeTags(existing: readonly Tag[], added: readonly Tag[], errorCode: string): Tag[] {
  const system = added.find(({ Key }) => /^aws:/i.test(Key));
  if (system !== undefined) throw new AwsError(errorCode, `You can't modify system tags. Tag key: '${system.Key}'.`);
  if (new Set(added.map(({ Key }) => Key)).size !== added.length) {
    throw new AwsError(errorCode, "Tag keys must be unique.");
  }
  const merged = [...existing.filter((tag) => !added.some(({ Key }) => Key === tag.Key)), ...added];
  if (merged.filter(({ Key }) => !Key.startsWith("aws:")).length > 50) {
    throw new AwsError(errorCode, "The number of tags exceeds the limit of 50.");
  }
  return merged;
}

export const seconds = (milliseconds: number): number => milliseconds / 1000;

/** One page of a list. The token is the position, made opaque so that nobody computes with it. */
export function page<T>(items: readonly T[], size: number, token: string | undefined): { items: T[]; next?: string } {
  const start = token === undefined ? 0 : Number(Buffer.from(token, "base64url").toString("utf8").replace("at:", ""));
  if (!Number.isInteger(start) || start < 0) throw new AwsError("InvalidNextTokenException", "The token is not valid.");
  const end = start + size;
  const next = end < items.length ? Buffer.from(`at:${end}`).toString("base64url") : undefined;
  return { items: items.slice(start, end), next };
}
