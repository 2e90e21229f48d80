import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import {
  AddTagsToResourceCommand,
  DeleteParametersCommand,
  GetParametersCommand,
  PutParameterCommand,
} from "@aws-sdk/client-ssm";
import { CLUSTER_TAG, ownershipTags } from "../../provisioner/access/secret-text";
import { keyArn, place as where, type Place, type RoleName } from "./place";

/** ARNs of what is there for somebody to reach for. */
export interface Targets {
  /** Of a login of this cluster. */
  own: string;
  /** Of a login of another cluster, under a prefix that is ours too. */
  theirs: string;
  /** Somebody's who knows nothing of us, under a prefix of ours. */
  foreign: string;
  admin: string;
}

interface Forbidden {
  role: RoleName;
  what: string;
  /** The statement that denies it. Missing where nothing allows it. */
  sid?: string;
  run(place: Place, targets: Targets): unknown;
}

const tags = (cluster: string): { Key: string; Value: string }[] =>
  Object.entries(ownershipTags("postgresql/x/principal/y", cluster, "somebody")).map(([Key, Value]) => ({
    Key,
    Value,
  }));
const policy = (...principals: string[]): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: principals.map((AWS) => ({
      Effect: "Allow",
      Principal: { AWS },
      Action: "secretsmanager:GetSecretValue",
      Resource: "*",
    })),
  });
const reader = policy(`arn:aws:iam::${where.account}:role/reader`);

type Command = Parameters<ReturnType<Place["asFunction"]>["secrets"]["send"]>[0];
type ParameterCommand = Parameters<ReturnType<Place["asFunction"]>["parameters"]["send"]>[0];

const secrets = (role: RoleName, what: string, command: (targets: Targets) => Command, sid?: string): Forbidden => ({
  role,
  what,
  sid,
  run: (place, targets) => place.asFunction(role).secrets.send(command(targets)),
});
const parameters = (role: RoleName, what: string, command: ParameterCommand, sid?: string): Forbidden => ({
  role,
  what,
  sid,
  run: (place) => place.asFunction(role).parameters.send(command),
});
/** Of a service that is not here. */
const elsewhere = (role: RoleName, what: string, action: string, resource = "*", sid?: string): Forbidden => ({
  role,
  what,
  sid,
  run: (place) => place.ask(role, { action, resource, context: {} }),
});

const value = { SecretString: JSON.stringify({ password: "x" }) };
const parameter = (Name: string, Value = "x"): { Name: string; Value: string; Type: "String" } => ({
  Name,
  Value,
  Type: "String",
});

const network = ["CreateNetworkInterface", "DeleteNetworkInterface", "DescribeSubnets", "AssignPrivateIpAddresses"];

export const forbidden: Forbidden[] = [
  secrets(
    "access",
    "read the value of another cluster's secret",
    ({ theirs }) => new GetSecretValueCommand({ SecretId: theirs }),
  ),
  secrets("access", "read it by its name", () => new GetSecretValueCommand({ SecretId: "rds-stock-app-secret" })),
  secrets("access", "replace it", ({ theirs }) => new PutSecretValueCommand({ SecretId: theirs, ...value })),
  secrets("access", "delete it", ({ theirs }) => new DeleteSecretCommand({ SecretId: theirs })),
  secrets(
    "access",
    "let somebody read it",
    ({ theirs }) => new PutResourcePolicyCommand({ SecretId: theirs, ResourcePolicy: reader, BlockPublicPolicy: true }),
  ),
  secrets(
    "access",
    "claim it by our tags",
    ({ theirs }) => new TagResourceCommand({ SecretId: theirs, Tags: tags("orders") }),
  ),
  secrets(
    "access",
    "read the value of a secret without our tag",
    ({ foreign }) => new GetSecretValueCommand({ SecretId: foreign }),
  ),
  secrets(
    "access",
    "claim that by our tags",
    ({ foreign }) => new TagResourceCommand({ SecretId: foreign, Tags: tags("orders") }),
  ),
  secrets(
    "access",
    "change the admin's password",
    ({ admin }) => new PutSecretValueCommand({ SecretId: admin, ...value }),
  ),
  secrets(
    "access",
    "claim the admin's secret",
    ({ admin }) => new TagResourceCommand({ SecretId: admin, Tags: tags("orders") }),
  ),
  secrets(
    "access",
    "let somebody read the admin's secret",
    ({ admin }) => new PutResourcePolicyCommand({ SecretId: admin, ResourcePolicy: reader, BlockPublicPolicy: true }),
  ),
  secrets(
    "access",
    "make a secret outside of the prefixes",
    () => new CreateSecretCommand({ Name: "prod/x", Tags: tags("orders"), ...value }),
  ),
  secrets("access", "make one without tags", () => new CreateSecretCommand({ Name: "orders/x", ...value })),
  secrets(
    "access",
    "make one for another cluster",
    () => new CreateSecretCommand({ Name: "orders/x", Tags: tags("stock"), ...value }),
  ),
  secrets(
    "access",
    "make one with a tag that others go by",
    () =>
      new CreateSecretCommand({
        Name: "orders/x",
        Tags: [...tags("orders"), { Key: "project", Value: "x" }],
        ...value,
      }),
  ),
  secrets(
    "access",
    "give one of ours such a tag",
    ({ own }) => new TagResourceCommand({ SecretId: own, Tags: [{ Key: "project", Value: "x" }] }),
  ),
  secrets(
    "access",
    "encrypt one with a key that it was not given",
    ({ own }) => new UpdateSecretCommand({ SecretId: own, KmsKeyId: keyArn("another") }),
  ),
  secrets("access", "list all secrets", () => new ListSecretsCommand({})),
  secrets(
    "access",
    "hand one of ours to another cluster",
    ({ own }) => new TagResourceCommand({ SecretId: own, Tags: [{ Key: CLUSTER_TAG, Value: "stock" }] }),
    "DenyOtherClusterTag",
  ),
  secrets(
    "access",
    "take our tag off",
    ({ own }) => new UntagResourceCommand({ SecretId: own, TagKeys: [CLUSTER_TAG] }),
    "DenyRemovingOwnership",
  ),
  secrets(
    "access",
    "make a policy public",
    ({ own }) => new PutResourcePolicyCommand({ SecretId: own, ResourcePolicy: policy("*"), BlockPublicPolicy: false }),
    "DenyPublicPolicies",
  ),
  secrets(
    "access",
    "leave unsaid that it must not be",
    ({ own }) => new PutResourcePolicyCommand({ SecretId: own, ResourcePolicy: reader }),
    "DenyPublicPolicies",
  ),
  parameters("access", "read parameters elsewhere", new GetParametersCommand({ Names: ["/stock/app/host"] })),
  parameters(
    "access",
    "read one there beside one of ours",
    new GetParametersCommand({ Names: ["/orders/app/host", "/stock/app/host"] }),
  ),
  parameters(
    "access",
    "write there",
    new PutParameterCommand({ ...parameter("/stock/app/host"), Tags: tags("orders") }),
  ),
  parameters("access", "write without tags", new PutParameterCommand(parameter("/orders/x"))),
  parameters(
    "access",
    "overwrite what is not ours",
    new PutParameterCommand({ ...parameter("/orders/notes"), Overwrite: true }),
  ),
  parameters("access", "delete what is not ours", new DeleteParametersCommand({ Names: ["/orders/notes"] })),
  parameters(
    "access",
    "claim another cluster's",
    new AddTagsToResourceCommand({ ResourceType: "Parameter", ResourceId: "/orders/stock", Tags: tags("orders") }),
  ),
  parameters(
    "access",
    "read what the provisioner is found by",
    new GetParametersCommand({ Names: ["/db-access/orders"] }),
  ),
  elsewhere(
    "access",
    "invoke another function",
    "lambda:InvokeFunction",
    `arn:aws:lambda:${where.region}:${where.account}:function:payroll`,
  ),
  elsewhere("access", "use a key by itself", "kms:Decrypt", keyArn("logins")),
  elsewhere(
    "access",
    "log in as another IAM user",
    "rds-db:connect",
    `arn:aws:rds-db:${where.region}:${where.account}:dbuser:cluster-X/somebody`,
  ),
  elsewhere(
    "access",
    "read others' logs",
    "logs:GetLogEvents",
    `arn:aws:logs:${where.region}:${where.account}:log-group:x:*`,
  ),
  secrets("rotate", "read another cluster's secret", ({ theirs }) => new GetSecretValueCommand({ SecretId: theirs })),
  secrets(
    "rotate",
    "make a secret",
    () => new CreateSecretCommand({ Name: "orders/x", Tags: tags("orders"), ...value }),
  ),
  secrets("rotate", "delete one", ({ own }) => new DeleteSecretCommand({ SecretId: own })),
  secrets(
    "rotate",
    "let somebody read one",
    ({ own }) => new PutResourcePolicyCommand({ SecretId: own, ResourcePolicy: reader, BlockPublicPolicy: true }),
  ),
  secrets(
    "rotate",
    "take our tag off",
    ({ own }) => new UntagResourceCommand({ SecretId: own, TagKeys: [CLUSTER_TAG] }),
  ),
  secrets(
    "rotate",
    "change the admin's password",
    ({ admin }) => new PutSecretValueCommand({ SecretId: admin, ...value }),
  ),
  parameters(
    "rotate",
    "write parameters elsewhere",
    new PutParameterCommand({ ...parameter("/stock/app/host"), Tags: tags("orders") }),
  ),
  secrets("migrate", "read the secret of a login", ({ own }) => new GetSecretValueCommand({ SecretId: own })),
  secrets(
    "migrate",
    "change the admin's password",
    ({ admin }) => new PutSecretValueCommand({ SecretId: admin, ...value }),
  ),
  parameters("migrate", "read parameters", new GetParametersCommand({ Names: ["/orders/app/host"] })),
  ...(["access", "rotate", "migrate"] as const).flatMap((role) =>
    network.map((name) => elsewhere(role, `ec2:${name}`, `ec2:${name}`, "*", "DenyNetworkToCode")),
  ),
];
