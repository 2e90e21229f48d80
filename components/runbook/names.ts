/** What a document may ask for. */
export const runbookActions = ["create_user", "update_grant", "reset_password", "delete_user"] as const;
export type RunbookAction = (typeof runbookActions)[number];

export const runbookLevels = ["readonly", "readwrite", "admin"] as const;
export type RunbookLevel = (typeof runbookLevels)[number];

const DOCUMENT_NAME = "db-access-runbook";

/** What a runbook is called where it meets others: in the central account and in each account of databases. */
export interface RunbookNames {
  documentName: string;
  administrationRoleName: string;
  executionRoleName: string;
}

/** Fixed names: accounts find each other by them, and neither stack has to be there before the other. */
export function runbookNames(given: Partial<RunbookNames>): RunbookNames {
  const { documentName = DOCUMENT_NAME } = given;
  return {
    documentName,
    administrationRoleName: given.administrationRoleName ?? `${documentName}-administration`,
    executionRoleName: given.executionRoleName ?? `${documentName}-execution`,
  };
}

/** Where something of IAM is, which has no Region. */
export interface Account {
  partition: string;
  account: string;
}

/** Without a path: `ExecutionRoleName` is a name, and the same in every account. */
export const roleArnOf = ({ partition, account }: Account, name: string): string =>
  `arn:${partition}:iam::${account}:role/${name}`;
