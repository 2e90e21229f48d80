import * as pulumi from "@pulumi/pulumi";
import { makeAccess } from "./access";
import type { ProvisionerArgs } from "./args";
import { loadAws } from "./aws";
import { assertArgs } from "./check";
import { Children } from "./children";
import { clusterFacts } from "./cluster";
import { codeHash } from "./code";
import { makeParameter, refOf } from "./discovery";
import { environmentOf } from "./environment";
import { makeFunctions } from "./functions";
import { behindGuard, makeGuard } from "./guard";
import { makeLogGroups } from "./logs";
import { makeMigrationsPlace } from "./migrations-bucket";
import { makeMonitoring } from "./monitoring";
import { makeNetwork } from "./network";
import { placeOf } from "./place";
import type { ProvisionerRefOutputs } from "./ref-outputs";
import { makeRoles } from "./roles";
import { makeTriggers } from "./triggers";

/** The ARNs of a provisioner's functions. */
export interface FunctionArns {
  /** With the alias that callers invoke. */
  access: string;
  /** With the alias that callers invoke. */
  migrate: string;
  /** As Secrets Manager and `rotation.functionArn` name it. */
  rotate: string;
}

/** The JSON texts of what the functions' roles may do. */
export interface FunctionPolicies {
  /** Of the function that serves claims. */
  access: string;
  /** Of the function that runs migrations. */
  migrate: string;
  /** Of the function that rotates passwords. */
  rotate: string;
}

/**
 * Turns a database into a service: the functions inside its network that make logins and grants, the roles they run
 * as, and the ref by which other stacks reach them. Made of resources of `@pulumi/aws`, which has to be installed.
 */
export class Provisioner extends pulumi.ComponentResource {
  /** How a stack reaches this provisioner: export it, or pass it on. It holds no secret. */
  readonly ref: ProvisionerRefOutputs;
  /** The parameter that holds the ref: `/db-access/<clusterName>`. */
  readonly parameterName: pulumi.Output<string>;
  readonly functionArns: pulumi.Output<FunctionArns>;
  /** The execution roles' policies, for roles of one's own. */
  readonly policies: pulumi.Output<FunctionPolicies>;
  /** The group of the functions; the first of `network.securityGroupIds`, where those are given. */
  readonly securityGroupId: pulumi.Output<string>;
  /** Where audit events are gathered: `/db-access/<clusterName>/audit`. */
  readonly auditLogGroupName: pulumi.Output<string>;
  /** Where alarms go; undefined without alarms. */
  readonly topicArn: pulumi.Output<string | undefined>;
  /** The role to come through; undefined without `access.role`. */
  readonly invokeRoleArn: pulumi.Output<string | undefined>;
  /** The hash of the code, which the functions answer with every reply. */
  readonly codeHash: string;

  constructor(name: string, args: ProvisionerArgs, opts: pulumi.ComponentResourceOptions = {}) {
    assertArgs(name, args);
    const aws = loadAws();
    super("db-access:index:Provisioner", name, {}, opts);
    const tags = { ...args.tags, "db-access:provisioner": args.clusterName };
    const children = new Children(this, name, tags, args.transforms);
    const place = placeOf(aws, this);
    const cluster = clusterFacts(args.cluster);
    const network = makeNetwork(aws, children, args.network, cluster, place, args.clusterName, args.directory);
    const logs = makeLogGroups(aws, children, args);
    const migrations = makeMigrationsPlace(aws, children, args);
    const roles = makeRoles(aws, children, args, cluster, network, place, migrations);
    const environment = environmentOf(args, cluster, place, logs, migrations);
    const functions = makeFunctions(aws, children, args, { network, roles, logs, environment });
    const access = makeAccess(aws, children, args, functions, place, migrations);
    const triggers = makeTriggers(aws, children, args, functions);
    const monitoring = makeMonitoring(aws, children, args, functions, triggers, place);
    const ready = [...network.ready, ...access.ready, ...migrations.ready];
    const ref = refOf(args, cluster, functions, access, ready, place, migrations);
    this.parameterName = makeParameter(aws, children, args.clusterName, ref).name;
    this.ref = behindGuard(ref, makeGuard(children, ref, args.forceDestroy ?? false));
    this.functionArns = pulumi.output({
      access: functions.access.alias.arn,
      migrate: functions.migrate.alias.arn,
      rotate: functions.rotate.function.arn,
    });
    this.policies = pulumi.output({
      access: roles.access.policy,
      migrate: roles.migrate.policy,
      rotate: roles.rotate.policy,
    });
    this.securityGroupId = pulumi.output(network.securityGroupIds[0]);
    this.auditLogGroupName = logs.audit.name;
    this.topicArn = pulumi.output(monitoring.topicArn);
    this.invokeRoleArn = pulumi.output(access.role?.arn);
    this.codeHash = codeHash();
    this.registerOutputs({
      ref: this.ref,
      parameterName: this.parameterName,
      functionArns: this.functionArns,
      securityGroupId: this.securityGroupId,
      auditLogGroupName: this.auditLogGroupName,
      topicArn: this.topicArn,
      invokeRoleArn: this.invokeRoleArn,
      codeHash: this.codeHash,
    });
  }
}
