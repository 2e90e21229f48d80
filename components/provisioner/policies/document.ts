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

export const policy = (statements: readonly (PolicyStatement | undefined)[]): PolicyDocument => ({
  Version: "2012-10-17",
  Statement: statements.filter((statement) => statement !== undefined),
});

export const arn = ({ partition, region, account }: Place, service: string, resource: string): string =>
  `arn:${partition}:${service}:${region}:${account}:${resource}`;
