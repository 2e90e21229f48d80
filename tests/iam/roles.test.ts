import assert from "node:assert/strict";
import { AwsEndpoint } from "../../local/aws";
import { executionRole } from "../../local/lambda";
import type { FunctionSpec } from "../../local/lambda";
import { migratePolicy } from "../../components/provisioner/policies";

const account = "111122223333";
const region = "us-east-1";
const roleArn = `arn:aws:iam::${account}:role/team/worker`;
const secretArn = `arn:aws:secretsmanager:${region}:${account}:secret:`;
const statement = (Effect: string, Action: string, Resource = "*"): object => ({ Effect, Action, Resource });
const policy = (...Statement: object[]): object => ({ Version: "2012-10-17", Statement });

describe("roles with policies", () => {
  let aws: AwsEndpoint;

  before(async () => {
    aws = await AwsEndpoint.start({ account, region });
    await aws.direct("secretsmanager", "CreateSecret", { Name: "one", SecretString: "x" });
  });
  after(() => aws.close());

  /** The name and the text of the error that a session of the role gets, or nothing. */
  async function call(
    service: "secretsmanager" | "sts",
    operation: string,
    request: Record<string, string>,
    role = roleArn,
  ): Promise<string> {
    const { credentials } = aws.identities.issue(role, "session", 900);
    const scope = `${credentials.accessKeyId}/20260101/${region}/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
    const form = service === "sts";
    const reply = await fetch(aws.url, {
      method: "POST",
      headers: {
        authorization,
        "content-type": form ? "application/x-www-form-urlencoded" : "application/x-amz-json-1.1",
        ...(form ? {} : { "x-amz-target": `secretsmanager.${operation}` }),
      },
      body: form ? new URLSearchParams({ Action: operation, ...request }).toString() : JSON.stringify(request),
    });
    const text = await reply.text();
    if (reply.ok) return "done";
    if (form) return /<Message>(.*)<\/Message>/.exec(text)?.[1] ?? text;
    const { __type, message } = JSON.parse(text) as Record<string, string>;
    return `${__type}: ${message}`;
  }

  const user = `User: arn:aws:sts::${account}:assumed-role/worker/session is not authorized to perform:`;
  const read = (SecretId: string, role?: string): Promise<string> =>
    call("secretsmanager", "GetSecretValue", { SecretId }, role);

  it("may do everything as long as nobody has given them one", async () => {
    assert.equal(await read("one"), "done");
  });

  it("are refused in AWS's words, whether or not the secret exists", async () => {
    aws.roles.attach(roleArn, [policy(statement("Allow", "secretsmanager:GetSecretValue", `${secretArn}two*`))]);
    const action = "secretsmanager:GetSecretValue";
    const [{ arn }] = aws.secrets.save();
    const why = `because no identity-based policy allows the ${action} action`;
    assert.equal(await read("one"), `AccessDeniedException: ${user} ${action} on resource: ${arn} ${why}`);
    assert.equal(await read("three"), `AccessDeniedException: ${user} ${action} on resource: ${secretArn}three ${why}`);
    assert.match(await read("two"), /^ResourceNotFoundException: /);
  });

  it("are told of an explicit denial, which counts in whichever policy it is", async () => {
    const all = policy(statement("Allow", "*"));
    aws.roles.attach(roleArn, [all, policy(statement("Deny", "secretsmanager:Get*"))]);
    assert.match(
      await read("one"),
      /GetSecretValue on resource: .* with an explicit deny in an identity-based policy$/,
    );
  });

  it("are found by account and name, with or without a path", async () => {
    aws.roles.attach(roleArn, [policy(statement("Deny", "*"))]);
    assert.match(await read("one", `arn:aws:iam::${account}:role/worker`), /explicit deny/);
    assert.equal(await read("one", `arn:aws:iam::${account}:role/somebody`), "done");
  });

  it("assume another role only when they may, and always learn who they are", async () => {
    aws.roles.attach(roleArn, [policy(statement("Allow", "secretsmanager:*"))]);
    assert.equal(await call("sts", "GetCallerIdentity", {}), "done");
    const RoleArn = `arn:aws:iam::${account}:role/other`;
    const text = await call("sts", "AssumeRole", { RoleArn, RoleSessionName: "other" });
    assert.match(
      text,
      /not authorized to perform: sts:AssumeRole on resource: .*role\/other because no identity-based/,
    );
  });

  it("refuse policies with anything that is not known", () => {
    const odd = { ...statement("Allow", "*"), Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } };
    assert.throws(() => aws.roles.attach(roleArn, [policy(odd)]), /IpAddress is not known/);
  });

  const spec: FunctionSpec = {
    name: "worker",
    account,
    region,
    codePath: "",
    handler: "index.handler",
    env: {},
    timeoutSeconds: 1,
    memoryMb: 128,
  };

  it("run no function whose log or network they do not let Lambda have", () => {
    const documents = (functionName: string): object[] => [
      migratePolicy({ partition: "aws", region, account, clusterName: "orders", functionName }),
    ];
    const run = (rolePolicies: FunctionSpec["rolePolicies"]): unknown => executionRole(aws, { ...spec, rolePolicies });
    assert.ok(run(documents));
    assert.throws(() => run(() => documents("another")), {
      name: "EC2AccessDeniedException",
      message: /logs:PutLogEvents/,
    });
    const none = policy(statement("Allow", "logs:*"));
    assert.throws(() => run(() => [none]), { name: "EC2AccessDeniedException", message: /ec2:CreateNetworkInterface/ });
  });
});
