import type { FunctionSpec } from "./types";

/** What a caller wrote for `FunctionName`, taken apart. Missing parts are the caller's own account and Region. */
export interface FunctionIdentifier {
  name: string;
  account?: string;
  region?: string;
  qualifier?: string;
}

const pattern =
  /^(?:arn:(?:aws[a-zA-Z-]*):lambda:(?<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?<account>\d{12}):)?(?:function:)?(?<name>[a-zA-Z0-9-_]{1,64})(?::(?<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?$/;

/** All four spellings that AWS accepts: name, `name:alias`, partial ARN, full ARN. */
export function parseFunctionName(text: string): FunctionIdentifier | undefined {
  const groups = pattern.exec(text)?.groups;
  if (groups?.name === undefined) return undefined;
  return { name: groups.name, account: groups.account, region: groups.region, qualifier: groups.qualifier };
}

export const functionArn = (spec: Pick<FunctionSpec, "name" | "account" | "region" | "partition">): string =>
  `arn:${spec.partition ?? "aws"}:lambda:${spec.region}:${spec.account}:function:${spec.name}`;
