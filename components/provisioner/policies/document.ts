/** A statement of an identity policy. All of them are named, so that a denied call can be traced to one. */
export interface PolicyStatement {
  Sid: string;
  Effect: "Allow" | "Deny";
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: PolicyStatement[];
}

/** Where a role's resources are. */
export interface Place {
  /** `aws`, `aws-cn`, `aws-us-gov` … */
  partition: string;
  region: string;
  account: string;
}

/** IAM's limit for all inline policies of a role together, white space not counted. */
const inlineLimit = 10_240;

const shorten = "name fewer keys, paths, prefixes, tags and rotation functions, or patterns that stand for several";

/** Fails where IAM would refuse it, and says before the deployment what can be done. */
export function policy(statements: readonly (PolicyStatement | undefined)[], advice = shorten): PolicyDocument {
  const document: PolicyDocument = {
    Version: "2012-10-17",
    Statement: statements.filter((statement) => statement !== undefined),
  };
  const size = JSON.stringify(document).replace(/\s/g, "").length;
  if (size <= inlineLimit) return document;
  throw new Error(`The role's policy would have ${size} characters, and IAM takes ${inlineLimit}: ${advice}.`);
}

export const arn = ({ partition, region, account }: Place, service: string, resource: string): string =>
  `arn:${partition}:${service}:${region}:${account}:${resource}`;
