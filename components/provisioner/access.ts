import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type * as aws from "@pulumi/aws";
import type { ProvisionerArgs } from "./args";
import type { InvokeRoleArgs, PrincipalsArgs } from "./args-access";
import type { Aws } from "./aws";
import type { Children } from "./children";
import type { Functions } from "./functions";
import { bucketOf, type MigrationsPlace } from "./migrations-bucket";
import { ALIAS, parameterNameOf, type Place } from "./names";
import { sendMigrations } from "./policies";

const SECRETS_MANAGER = "secretsmanager.amazonaws.com";

export interface Access {
  role?: aws.iam.Role;
  ready: pulumi.Output<string>[];
}

/** The same principal has the same name, whatever is before it in the list. */
const keyOf = (principal: pulumi.Input<string>, index: number): string =>
  typeof principal === "string" ? createHash("sha256").update(principal).digest("hex").slice(0, 8) : String(index);

/** Who may invoke: each principal by name. `*` only ever together with an organisation. */
const invokersOf = ({
  roleArns = [],
  accountIds = [],
  organizationId,
}: PrincipalsArgs): [string, pulumi.Input<string>][] => {
  const named = [
    ...roleArns.map((arn, index): [string, pulumi.Input<string>] => [`role-${keyOf(arn, index)}`, arn]),
    ...accountIds.map((id, index): [string, pulumi.Input<string>] => [`account-${keyOf(id, index)}`, id]),
  ];
  return named.length > 0 || organizationId === undefined ? named : [["organization", "*"]];
};

/** Besides these, whoever the account's own IAM policies let. */
export function makeAccess(
  aws: Aws,
  children: Children,
  args: ProvisionerArgs,
  functions: Functions,
  place: pulumi.Output<Place>,
  migrations: MigrationsPlace,
): Access {
  const { access = {} } = args;
  const ready: pulumi.Output<string>[] = [];
  const permit = (kind: "access" | "migrate", who: PrincipalsArgs): void => {
    for (const [key, principal] of invokersOf(who)) {
      const permission = children.make("permission", aws.lambda.Permission, `${kind}-by-${key}`, {
        action: "lambda:InvokeFunction",
        function: functions[kind].function.name,
        qualifier: functions[kind].alias.name,
        principal,
        principalOrgId: who.organizationId,
        statementId: key,
      });
      ready.push(permission.id);
    }
  };
  permit("access", access);
  permit("migrate", access.migrate ?? access);
  const rotation = children.make("permission", aws.lambda.Permission, "rotate-by-secrets-manager", {
    action: "lambda:InvokeFunction",
    function: functions.rotate.function.name,
    principal: SECRETS_MANAGER,
    // Otherwise a secret of any account could be told to be rotated by this function.
    sourceAccount: place.account,
    statementId: "secrets-manager",
  });
  ready.push(rotation.id);
  if (access.role === undefined) return { ready };
  const made = makeInvokeRole(aws, children, args, access.role, functions, place, migrations);
  return { role: made.role, ready: [...ready, made.policyId] };
}

function makeInvokeRole(
  aws: Aws,
  children: Children,
  { access, roles, clusterName }: ProvisionerArgs,
  role: InvokeRoleArgs,
  functions: Functions,
  place: pulumi.Output<Place>,
  migrations: MigrationsPlace,
): { role: aws.iam.Role; policyId: pulumi.Output<string> } {
  const condition = pulumi.output({ "sts:ExternalId": role.externalId, "aws:PrincipalOrgID": access?.organizationId });
  const made = children.make("role", aws.iam.Role, "invoke-role", {
    description: `Reaches db-access of ${clusterName} from other accounts`,
    path: roles?.path ?? "/db-access/",
    permissionsBoundary: roles?.permissionsBoundary,
    assumeRolePolicy: pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: role.principals },
          Action: "sts:AssumeRole",
          Condition: { StringEquals: condition },
        },
      ],
    }),
  });
  const sending = pulumi
    .all([place, bucketOf(migrations)])
    .apply(([known, bucket]) => sendMigrations({ ...known, ...bucket, clusterName }));
  const policy = children.make("rolePolicy", aws.iam.RolePolicy, "invoke-policy", {
    role: made.name,
    name: "db-access",
    policy: pulumi.jsonStringify({
      Version: "2012-10-17",
      Statement: sending.apply((statements) => [
        {
          Sid: "Invoke",
          Effect: "Allow",
          Action: "lambda:InvokeFunction",
          Resource: [functions.access.function.arn, functions.migrate.function.arn].map(
            (arn) => pulumi.interpolate`${arn}:${ALIAS}`,
          ),
        },
        {
          Sid: "Discover",
          Effect: "Allow",
          Action: "ssm:GetParameter",
          Resource: place.apply(
            ({ partition, region, account }) =>
              `arn:${partition}:ssm:${region}:${account}:parameter${parameterNameOf(clusterName)}`,
          ),
        },
        ...statements,
      ]),
    }),
  });
  return { role: made, policyId: policy.id };
}
