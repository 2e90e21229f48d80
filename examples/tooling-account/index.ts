// The operations team's stack, in an account of its own: one runbook of Systems Manager makes, changes and deletes
// database users wherever a provisioner is. Whoever starts it needs no right in the accounts of the databases.
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as dbaccess from "pulumi-db-access";

interface DatabaseAccount {
  id: string;
  /** Where its provisioners are. */
  regions: string[];
  clusterNames: string[];
  /** Deploys there. Without it: this account. */
  deployRoleArn?: string;
}

const accounts = new pulumi.Config().requireObject<DatabaseAccount[]>("accounts");
const region = new pulumi.Config("aws").require("region") as aws.Region;
const centralAccountId = aws.getCallerIdentityOutput().accountId;
const accountIds = accounts.map(({ id }) => id);

const users = new dbaccess.ProvisionerRunbook("users", { accountIds });

// First-level support may give somebody a new password, and nothing else.
const passwords = new dbaccess.ProvisionerRunbook("passwords", {
  accountIds,
  documentName: "db-access-passwords",
  actions: ["reset_password"],
});

// What each of them is in each account of databases. IAM is one for all Regions.
for (const { id, regions, clusterNames, deployRoleArn } of accounts) {
  const provider =
    deployRoleArn === undefined
      ? undefined
      : new aws.Provider(`in-${id}`, { region, allowedAccountIds: [id], assumeRoles: [{ roleArn: deployRoleArn }] });
  const role = { centralAccountId, clusterNames, regions };
  new dbaccess.ProvisionerRunbookExecutionRole(`users-in-${id}`, role, { provider });
  new dbaccess.ProvisionerRunbookExecutionRole(
    `passwords-in-${id}`,
    { ...role, documentName: "db-access-passwords" },
    { provider },
  );
}

/** What a run is given, and what those who may start it are allowed: for their role or permission set. */
const startOf = (runbook: dbaccess.ProvisionerRunbook) => ({
  document: runbook.documentName,
  administrationRole: runbook.administrationRoleArn,
  executionRole: runbook.executionRoleName,
  operatorPolicy: runbook.operatorPolicy,
});

export const forOperations = startOf(users);
export const forSupport = startOf(passwords);
