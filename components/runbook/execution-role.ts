import * as pulumi from "@pulumi/pulumi";
import { loadAws } from "../provisioner/aws";
import { Children } from "../provisioner/children";
import { placeOf } from "../provisioner/place";
import type { ProvisionerRunbookExecutionRoleArgs, RunbookChildKind } from "./args";
import { assertExecutionRole } from "./check";
import { runbookNames } from "./names";
import { executionPolicy, executionTrust, type ExecutionRole } from "./policies";

/**
 * What a `ProvisionerRunbook` of a central account is in an account of databases: one role for all of its Regions, which
 * may invoke the functions of the provisioners that are named. Neither they nor the runbook have to be there before it.
 */
export class ProvisionerRunbookExecutionRole extends pulumi.ComponentResource {
  /** What a run is given as `ExecutionRoleName` of its locations. */
  readonly roleName: pulumi.Output<string>;
  /** The role that child runs of the document have in this account. */
  readonly roleArn: pulumi.Output<string>;

  constructor(name: string, args: ProvisionerRunbookExecutionRoleArgs, opts: pulumi.ComponentResourceOptions = {}) {
    assertExecutionRole(name, args);
    const aws = loadAws();
    super("db-access:index:ProvisionerRunbookExecutionRole", name, {}, opts);
    const names = runbookNames(args);
    const tags = { ...args.tags, "db-access:runbook": names.documentName };
    const children = new Children<RunbookChildKind>(this, name, tags, args.transforms);
    const { centralAccountId, organizationId } = args;
    const facts = pulumi
      .output({ place: placeOf(aws, this), centralAccountId, organizationId })
      .apply(({ place: { partition, account, region }, ...known }): ExecutionRole => ({
        partition,
        account,
        ...names,
        ...known,
        clusterNames: args.clusterNames,
        regions: args.regions ?? [region],
      }));
    const role = children.make("role", aws.iam.Role, "role", {
      name: names.executionRoleName,
      description: pulumi.interpolate`Invokes provisioners for ${names.documentName} of ${centralAccountId}`,
      assumeRolePolicy: facts.apply((known) => JSON.stringify(executionTrust(known))),
      permissionsBoundary: args.permissionsBoundary,
    });
    const policy = children.make("rolePolicy", aws.iam.RolePolicy, "policy", {
      role: role.name,
      name: "db-access",
      policy: facts.apply((known) => JSON.stringify(executionPolicy(known))),
    });
    this.roleName = role.name;
    this.roleArn = pulumi.all([role.arn, policy.id]).apply(([arn]) => arn);
    this.registerOutputs({ roleName: this.roleName, roleArn: this.roleArn });
  }
}
