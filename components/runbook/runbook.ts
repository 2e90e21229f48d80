import * as pulumi from "@pulumi/pulumi";
import { loadAws } from "../provisioner/aws";
import { Children } from "../provisioner/children";
import { placeOf } from "../provisioner/place";
import type { ProvisionerRunbookArgs, RunbookChildKind } from "./args";
import { assertRunbook } from "./check";
import { runbookDocument } from "./document";
import { runbookNames } from "./names";
import { administrationPolicy, administrationTrust, operatorPolicy } from "./policies";

/**
 * An Automation document of Systems Manager, for a central tooling account: operators make, change and delete database
 * users in many accounts and Regions with it, through the provisioners that are there. Each account of a database has a
 * `ProvisionerRunbookExecutionRole`. Made of resources of `@pulumi/aws`, which has to be installed.
 */
export class ProvisionerRunbook extends pulumi.ComponentResource {
  readonly documentName: pulumi.Output<string>;
  /** Its ARN, by which other accounts name it. */
  readonly documentArn: pulumi.Output<string>;
  /** What a run is given as `AutomationAssumeRole`. */
  readonly administrationRoleArn: pulumi.Output<string>;
  /** What a run is given as `ExecutionRoleName` of its locations. */
  readonly executionRoleName: string;
  /** The JSON text of a policy for those who may start the document. */
  readonly operatorPolicy: pulumi.Output<string>;

  constructor(name: string, args: ProvisionerRunbookArgs, opts: pulumi.ComponentResourceOptions = {}) {
    assertRunbook(name, args);
    const aws = loadAws();
    super("db-access:index:ProvisionerRunbook", name, {}, opts);
    const { accountIds } = args;
    const { documentName, administrationRoleName, executionRoleName } = runbookNames(args);
    const tags = { ...args.tags, "db-access:runbook": documentName };
    const children = new Children<RunbookChildKind>(this, name, tags, args.transforms);
    const place = placeOf(aws, this);
    const role = children.make("role", aws.iam.Role, "administration-role", {
      name: administrationRoleName,
      description: `Becomes ${executionRoleName} of other accounts for ${documentName}`,
      assumeRolePolicy: place.apply((central) => JSON.stringify(administrationTrust(central))),
      permissionsBoundary: args.permissionsBoundary,
    });
    const policy = children.make("rolePolicy", aws.iam.RolePolicy, "administration-policy", {
      role: role.name,
      name: "db-access",
      policy: place.apply((central) =>
        JSON.stringify(administrationPolicy({ ...central, accountIds, executionRoleName })),
      ),
    });
    const document = children.make("document", aws.ssm.Document, "document", {
      name: documentName,
      documentType: "Automation",
      documentFormat: "JSON",
      content: JSON.stringify(runbookDocument(args), undefined, 2),
      permissions: place.apply(({ account }): Record<string, string> | undefined => {
        const others = accountIds.filter((id) => id !== account);
        return others.length === 0 ? undefined : { type: "Share", account_ids: others.join(",") };
      }),
    });
    this.documentName = document.name;
    this.documentArn = document.arn;
    // Known when it can be used.
    this.administrationRoleArn = pulumi.all([role.arn, policy.id]).apply(([arn]) => arn);
    this.executionRoleName = executionRoleName;
    this.operatorPolicy = place.apply((central) =>
      JSON.stringify(operatorPolicy({ ...central, documentName, administrationRoleName })),
    );
    this.registerOutputs({
      documentName: this.documentName,
      documentArn: this.documentArn,
      administrationRoleArn: this.administrationRoleArn,
      executionRoleName,
      operatorPolicy: this.operatorPolicy,
    });
  }
}
