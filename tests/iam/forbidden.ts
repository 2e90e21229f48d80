import { CLUSTER_TAG, ownershipTags } from "../../provisioner/access/secret-text";
import { migrationsKeyOf } from "../../provisioner/protocol";
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

const secrets = (
  role: RoleName,
  what: string,
  operation: string,
  request: (targets: Targets) => object,
  sid?: string,
): Forbidden => ({
  role,
  what,
  sid,
  run: (place, targets) => place.call(role, "secretsmanager", operation, request(targets)),
});
const parameters = (role: RoleName, what: string, operation: string, request: object): Forbidden => ({
  role,
  what,
  run: (place) => place.call(role, "ssm", operation, request),
});
const logs = (role: RoleName, what: string, operation: string, logGroupName: string, more: object): Forbidden => ({
  role,
  what,
  run: (place) => place.call(role, "logs", operation, { logGroupName, logStreamName: "forged", ...more }),
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

/** The stack's own. */
const bucket = `db-access-local-${where.account}-${where.region}`;
const file = (cluster: string): string => `arn:aws:s3:::${bucket}/${migrationsKeyOf(cluster, "0".repeat(64))}`;

const network = ["CreateNetworkInterface", "DeleteNetworkInterface", "DescribeSubnets", "AssignPrivateIpAddresses"];

export const forbidden: Forbidden[] = [
  logs("access", "write another cluster's audit events", "PutLogEvents", "/db-access/stock/audit", {
    logEvents: [{ timestamp: 1, message: "x" }],
  }),
  logs("access", "take audit events away", "DeleteLogStream", "/db-access/orders/audit", {}),
  logs("rotate", "take all of them away", "DeleteLogGroup", "/db-access/orders/audit", {}),
  secrets("access", "read the value of another cluster's secret", "GetSecretValue", ({ theirs }) => ({
    SecretId: theirs,
  })),
  secrets("access", "read it by its name", "GetSecretValue", () => ({ SecretId: "rds-stock-app-secret" })),
  secrets("access", "replace it", "PutSecretValue", ({ theirs }) => ({ SecretId: theirs, ...value })),
  secrets("access", "delete it", "DeleteSecret", ({ theirs }) => ({ SecretId: theirs })),
  secrets("access", "let somebody read it", "PutResourcePolicy", ({ theirs }) => ({
    SecretId: theirs,
    ResourcePolicy: reader,
    BlockPublicPolicy: true,
  })),
  secrets("access", "claim it by our tags", "TagResource", ({ theirs }) => ({
    SecretId: theirs,
    Tags: tags("orders"),
  })),
  secrets("access", "read the value of a secret without our tag", "GetSecretValue", ({ foreign }) => ({
    SecretId: foreign,
  })),
  secrets("access", "claim that by our tags", "TagResource", ({ foreign }) => ({
    SecretId: foreign,
    Tags: tags("orders"),
  })),
  secrets("access", "change the admin's password", "PutSecretValue", ({ admin }) => ({ SecretId: admin, ...value })),
  secrets("access", "claim the admin's secret", "TagResource", ({ admin }) => ({
    SecretId: admin,
    Tags: tags("orders"),
  })),
  secrets("access", "let somebody read the admin's secret", "PutResourcePolicy", ({ admin }) => ({
    SecretId: admin,
    ResourcePolicy: reader,
    BlockPublicPolicy: true,
  })),
  secrets("access", "make a secret outside of the prefixes", "CreateSecret", () => ({
    Name: "prod/x",
    Tags: tags("orders"),
    ...value,
  })),
  secrets("access", "make one without tags", "CreateSecret", () => ({ Name: "orders/x", ...value })),
  secrets("access", "make one for another cluster", "CreateSecret", () => ({
    Name: "orders/x",
    Tags: tags("stock"),
    ...value,
  })),
  secrets("access", "make one with a tag that others go by", "CreateSecret", () => ({
    Name: "orders/x",
    Tags: [...tags("orders"), { Key: "project", Value: "x" }],
    ...value,
  })),
  secrets("access", "give one of ours such a tag", "TagResource", ({ own }) => ({
    SecretId: own,
    Tags: [{ Key: "project", Value: "x" }],
  })),
  secrets("access", "encrypt one with a key that it was not given", "UpdateSecret", ({ own }) => ({
    SecretId: own,
    KmsKeyId: keyArn("another"),
  })),
  secrets("access", "list all secrets", "ListSecrets", () => ({})),
  secrets(
    "access",
    "hand one of ours to another cluster",
    "TagResource",
    ({ own }) => ({ SecretId: own, Tags: [{ Key: CLUSTER_TAG, Value: "stock" }] }),
    "DenyOtherClusterTag",
  ),
  secrets(
    "access",
    "take our tag off",
    "UntagResource",
    ({ own }) => ({ SecretId: own, TagKeys: [CLUSTER_TAG] }),
    "DenyRemovingOwnership",
  ),
  secrets(
    "access",
    "make a policy public",
    "PutResourcePolicy",
    ({ own }) => ({ SecretId: own, ResourcePolicy: policy("*"), BlockPublicPolicy: false }),
    "DenyPublicPolicies",
  ),
  secrets(
    "access",
    "leave unsaid that it must not be",
    "PutResourcePolicy",
    ({ own }) => ({ SecretId: own, ResourcePolicy: reader }),
    "DenyPublicPolicies",
  ),
  parameters("access", "read parameters elsewhere", "GetParameters", { Names: ["/stock/app/host"] }),
  parameters("access", "read one there beside one of ours", "GetParameters", {
    Names: ["/orders/app/host", "/stock/app/host"],
  }),
  parameters("access", "write there", "PutParameter", { ...parameter("/stock/app/host"), Tags: tags("orders") }),
  parameters("access", "write without tags", "PutParameter", parameter("/orders/x")),
  parameters("access", "overwrite what is not ours", "PutParameter", {
    ...parameter("/orders/notes"),
    Overwrite: true,
  }),
  parameters("access", "delete what is not ours", "DeleteParameters", { Names: ["/orders/notes"] }),
  parameters("access", "claim another cluster's", "AddTagsToResource", {
    ResourceType: "Parameter",
    ResourceId: "/orders/stock",
    Tags: tags("orders"),
  }),
  parameters("access", "read what the provisioner is found by", "GetParameters", { Names: ["/db-access/orders"] }),
  elsewhere(
    "access",
    "invoke another function",
    "lambda:InvokeFunction",
    `arn:aws:lambda:${where.region}:${where.account}:function:payroll`,
  ),
  {
    role: "access",
    what: "read groups of another organisation",
    run: (place) =>
      place.call("access", "identitystore", "GetGroupId", {
        IdentityStoreId: "d-9999999999",
        AlternateIdentifier: { UniqueAttribute: { AttributePath: "displayName", AttributeValue: "analysts" } },
      }),
  },
  elsewhere(
    "access",
    "put somebody into a group",
    "identitystore:CreateGroupMembership",
    "arn:aws:identitystore:::group/x",
  ),
  elsewhere("access", "assume another role", "sts:AssumeRole", `arn:aws:iam::${where.account}:role/admin`),
  elsewhere("rotate", "read groups", "identitystore:GetGroupId", "arn:aws:identitystore:::group/x"),
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
  secrets("rotate", "read another cluster's secret", "GetSecretValue", ({ theirs }) => ({ SecretId: theirs })),
  secrets("rotate", "make a secret", "CreateSecret", () => ({ Name: "orders/x", Tags: tags("orders"), ...value })),
  secrets("rotate", "delete one", "DeleteSecret", ({ own }) => ({ SecretId: own })),
  secrets("rotate", "let somebody read one", "PutResourcePolicy", ({ own }) => ({
    SecretId: own,
    ResourcePolicy: reader,
    BlockPublicPolicy: true,
  })),
  secrets("rotate", "take our tag off", "UntagResource", ({ own }) => ({ SecretId: own, TagKeys: [CLUSTER_TAG] })),
  secrets("rotate", "change the admin's password", "PutSecretValue", ({ admin }) => ({ SecretId: admin, ...value })),
  parameters("rotate", "write parameters elsewhere", "PutParameter", {
    ...parameter("/stock/app/host"),
    Tags: tags("orders"),
  }),
  secrets("migrate", "read the secret of a login", "GetSecretValue", ({ own }) => ({ SecretId: own })),
  secrets("migrate", "change the admin's password", "PutSecretValue", ({ admin }) => ({ SecretId: admin, ...value })),
  parameters("migrate", "read parameters", "GetParameters", { Names: ["/orders/app/host"] }),
  elsewhere("migrate", "read another cluster's files", "s3:GetObject", file("stock")),
  elsewhere("migrate", "write files", "s3:PutObject", file("orders")),
  elsewhere("migrate", "list files", "s3:ListBucket", `arn:aws:s3:::${bucket}`),
  elsewhere("access", "read files of migrations", "s3:GetObject", file("orders")),
  ...(["access", "rotate", "migrate"] as const).flatMap((role) =>
    network.map((name) => elsewhere(role, `ec2:${name}`, `ec2:${name}`, "*", "DenyNetworkToCode")),
  ),
];
