import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { AwsError } from "../../../local/aws";
import { LambdaHost, lambdaService, rotationPrincipal, type FunctionPermission } from "../../../local/lambda";
import { rotationProblem } from "../../../provisioner/credentials/rotation-function";
import { account, Endpoint, region } from "./endpoint";

describe("somebody else's rotation function", () => {
  let endpoint: Endpoint;
  let host: LambdaHost;
  let directory: string;

  before(async () => {
    endpoint = await Endpoint.start();
    directory = mkdtempSync(path.join(tmpdir(), "db-access-rotation-"));
    const credentials = { accessKeyId: "AKIA", secretAccessKey: "x", sessionToken: "x" };
    host = await LambdaHost.start({ directory, endpointUrl: endpoint.aws.url, credentials: () => credentials });
    endpoint.aws.serve(lambdaService(host));
  });
  after(async () => {
    await host.stop();
    await endpoint.stop();
    rmSync(directory, { recursive: true });
  });

  const register = (name: string, permissions: FunctionPermission[]): Promise<string> =>
    host.registerFunction({
      name,
      account,
      region,
      codePath: directory,
      handler: "index.handler",
      env: {},
      timeoutSeconds: 3,
      memoryMb: 128,
      permissions,
    });

  it("is in order when Secrets Manager may invoke it", async () => {
    const statement = { statementId: "sm", principal: rotationPrincipal };
    const plain = await register("plain", [statement]);
    const bound = await register("bound", [{ ...statement, sourceAccount: account }]);
    assert.deepEqual([await rotationProblem(plain), await rotationProblem(bound)], [undefined, undefined]);
  });

  it("is a problem when there is none, nobody may invoke it, or somebody else may", async () => {
    const closed = await register("closed", []);
    const other = await register("other", [{ statementId: "s3", principal: "s3.amazonaws.com" }]);
    for (const arn of [closed, other, closed.replace("closed", "missing")]) {
      const problem = await rotationProblem(arn);
      assert.equal(problem?.code, "RotationRefused");
      assert.match(problem.message, /secretsmanager\.amazonaws\.com invoke it \(lambda:AddPermission/);
      assert.ok(problem.message.includes(arn));
    }
  });

  it("is none of ours to judge when its policy may not be read", async () => {
    const stop = endpoint.aws.intercept((call) => {
      if (call.operation === "GetPolicy") throw new AwsError("AccessDeniedException", "not you", 403);
      return call.next();
    });
    assert.equal(await rotationProblem(await register("hidden", [])), undefined);
    stop();
  });
});
