import { GetFunctionCommand, InvokeCommand, LambdaClient, type InvokeCommandOutput } from "@aws-sdk/client-lambda";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsEndpoint, staticKeyOf } from "../../local/aws";
import { LambdaHost, lambdaService, type FunctionSpec } from "../../local/lambda";

const account = "111122223333";
const stranger = "444455556666";
const region = "us-east-1";

/** One handler that does what the event says. */
const handlerSource = `
import { appendFileSync } from "node:fs";
let calls = 0;
export const handler = async (event, context) => {
  calls += 1;
  const act = event.act;
  if (event.file) appendFileSync(event.file, context.awsRequestId + "\\n");
  if (act === "throw") throw new TypeError("no such thing");
  if (act === "throwString") throw "just text";
  if (act === "exit") process.exit(7);
  if (act === "uncaught") { setTimeout(() => { throw new RangeError("from a timer"); }, 5); await new Promise(() => {}); }
  if (act === "unhandled") { void Promise.reject(new Error("nobody waits")); await new Promise((r) => setTimeout(r, 5000)); }
  if (act === "sleep") await new Promise((r) => setTimeout(r, event.ms));
  if (act === "spin") for (;;);
  if (act === "big") return "x".repeat(6_400_000);
  if (act === "nothing") return undefined;
  if (act === "env") return process.env;
  console.log("call number " + calls);
  return { calls, pid: process.pid, context: { ...context, left: context.getRemainingTimeInMillis() } };
};
`;

describe("local Lambda endpoint", () => {
  let directory: string;
  let aws: AwsEndpoint;
  let host: LambdaHost;
  let count = 0;
  const clients: LambdaClient[] = [];

  const clientOf = (owner: string): LambdaClient => {
    const credentials = { accessKeyId: staticKeyOf(owner), secretAccessKey: "local" };
    const client = new LambdaClient({ endpoint: aws.url, region, credentials, maxAttempts: 1 });
    clients.push(client);
    return client;
  };
  let client: LambdaClient;

  const register = async (patch: Partial<FunctionSpec> = {}): Promise<string> => {
    const name = `fixture-${(count += 1)}`;
    const codePath = path.join(directory, "code");
    const common = { account, region, codePath, handler: "index.handler", env: {}, timeoutSeconds: 20, memoryMb: 256 };
    await host.registerFunction({ ...common, name, ...patch });
    return patch.name ?? name;
  };
  const invoke = (name: string, event: unknown = {}, more: object = {}): Promise<InvokeCommandOutput> =>
    client.send(new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(event)), ...more }));
  const bodyOf = (reply: InvokeCommandOutput): Record<string, unknown> =>
    JSON.parse(Buffer.from(reply.Payload ?? []).toString("utf8")) as Record<string, unknown>;
  const log = (name: string): string => readFileSync(host.logFile(name), "utf8");
  const failing = (promise: Promise<unknown>): Promise<Record<string, unknown>> =>
    promise.then(
      () => assert.fail("the call should have failed"),
      (error: unknown) => error as Record<string, unknown>,
    );

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "db-access-lambda-"));
    const code = path.join(directory, "code");
    mkdirSync(code);
    writeFileSync(path.join(code, "index.mjs"), handlerSource);
    writeFileSync(
      path.join(code, "common.cjs"),
      "module.exports = Object.assign({}, { run: async () => 'from CommonJS' });",
    );
    writeFileSync(path.join(code, "broken.mjs"), "throw new SyntaxError('cannot load');");
    writeFileSync(path.join(code, "dies.mjs"), "process.exit(3);");
    aws = await AwsEndpoint.start({ account, region });
    host = await LambdaHost.start({
      directory,
      endpointUrl: aws.url,
      asyncRetryDelaysMs: [5, 5],
      credentials: (spec) => aws.identities.issue(`arn:aws:iam::${spec.account}:role/x`, spec.name, 3600).credentials,
    });
    aws.serve(lambdaService(host));
    client = clientOf(account);
  });

  after(async () => {
    for (const one of clients) one.destroy();
    await host.stop();
    await aws.close();
    rmSync(directory, { recursive: true });
  });

  it("starts cold once and then reuses the environment", async () => {
    const name = await register();
    const first = bodyOf(await invoke(name));
    const second = bodyOf(await invoke(name));
    assert.equal(first.calls, 1);
    assert.equal(second.calls, 2);
    assert.equal(second.pid, first.pid);
    await host.recycle(name);
    const third = bodyOf(await invoke(name));
    assert.equal(third.calls, 1);
    assert.notEqual(third.pid, first.pid);
    assert.equal(log(name).match(/Init Duration: /g)?.length, 2);
  });

  it("tells the function who it is and writes a log in Lambda's shape", async () => {
    const name = await register({ aliases: ["live"] });
    const reply = await invoke(`${name}:live`);
    const requestId = reply.$metadata.requestId;
    const context = bodyOf(reply).context as Record<string, unknown>;
    assert.equal(reply.StatusCode, 200);
    assert.equal(reply.ExecutedVersion, "1");
    assert.equal(reply.FunctionError, undefined);
    assert.equal(context.awsRequestId, requestId);
    assert.equal(context.functionName, name);
    assert.equal(context.invokedFunctionArn, `arn:aws:lambda:${region}:${account}:function:${name}:live`);
    assert.equal(context.logGroupName, `/aws/lambda/${name}`);
    assert.equal(context.memoryLimitInMB, "256");
    assert.ok(Number(context.left) > 15_000 && Number(context.left) <= 20_000);
    const lines = log(name).trim().split("\n");
    assert.deepEqual(lines.slice(0, 3), [
      `START RequestId: ${requestId} Version: 1`,
      "call number 1",
      `END RequestId: ${requestId}`,
    ]);
    assert.match(
      lines[3],
      /^REPORT RequestId: .*\tDuration: .* ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB\tInit/,
    );
  });

  it("gives the function a clean environment", async () => {
    process.env.DB_ACCESS_TEST_LEAK = "leak";
    try {
      const name = await register({ env: { MINE: "yes" } });
      const env = bodyOf(await invoke(name, { act: "env" }));
      assert.equal(env.MINE, "yes");
      assert.equal(env.AWS_ENDPOINT_URL, aws.url);
      assert.equal(env.AWS_REGION, region);
      assert.equal(env.DB_ACCESS_TEST_LEAK, undefined);
      assert.equal(env.HOME, undefined);
      assert.match(String(env.AWS_ACCESS_KEY_ID), /^ASIA/);
    } finally {
      delete process.env.DB_ACCESS_TEST_LEAK;
    }
  });

  it("finds a function by name, partial ARN and full ARN, and CommonJS code too", async () => {
    const name = await register({ handler: "common.run" });
    const arn = `arn:aws:lambda:${region}:${account}:function:${name}`;
    for (const spelling of [name, `${account}:function:${name}`, `function:${name}`, arn, `${arn}:$LATEST`]) {
      assert.equal(bodyOf(await invoke(spelling)), "from CommonJS", spelling);
    }
    assert.equal(bodyOf(await invoke(name, {}, { Qualifier: "$LATEST" })), "from CommonJS");
    const single = await register({ codePath: path.join(directory, "code", "index.mjs") });
    assert.equal(bodyOf(await invoke(single)).calls, 1);
    await assert.rejects(
      register({ codePath: path.join(directory, "code", "common.cjs") }),
      /index\.handler is not in/,
    );
  });

  it("passes on what the handler throws", async () => {
    const name = await register();
    const reply = await invoke(name, { act: "throw" });
    assert.equal(reply.StatusCode, 200);
    assert.equal(reply.FunctionError, "Unhandled");
    const body = bodyOf(reply);
    assert.equal(body.errorType, "TypeError");
    assert.equal(body.errorMessage, "no such thing");
    assert.match(String((body.trace as string[])[1]), /index\.mjs/);
    assert.equal(bodyOf(await invoke(name, { act: "throwString" })).errorMessage, "just text");
    assert.equal(bodyOf(await invoke(name)).calls, 3, "an error does not cost the environment");
    assert.equal(bodyOf(await invoke(name, { act: "nothing" })), null);
  });

  it("kills a function that takes too long, even one that never yields", async () => {
    const name = await register({ timeoutSeconds: 1 });
    for (const event of [{ act: "sleep", ms: 10_000 }, { act: "spin" }]) {
      const before = bodyOf(await invoke(name));
      const reply = await invoke(name, event);
      assert.equal(reply.FunctionError, "Unhandled");
      const body = bodyOf(reply);
      assert.equal(body.errorType, "Sandbox.Timedout");
      const requestId = reply.$metadata.requestId;
      assert.equal(body.errorMessage, `RequestId: ${requestId} Error: Task timed out after 1.00 seconds`);
      assert.throws(() => process.kill(Number(before.pid), 0), { code: "ESRCH" });
    }
    assert.match(log(name), /Task timed out after 1\.00 seconds/);
  });

  it("reports a process that dies", async () => {
    const name = await register();
    assert.deepEqual(
      Object.values(bodyOf(await invoke(name, { act: "exit" }))).map((text) =>
        String(text).replace(/Id: \S+/, "Id: X"),
      ),
      ["Runtime.ExitError", "RequestId: X Error: Runtime exited with error: exit status 7"],
    );
    const uncaught = bodyOf(await invoke(name, { act: "uncaught" }));
    assert.equal(uncaught.errorType, "RangeError");
    const unhandled = bodyOf(await invoke(name, { act: "unhandled" }));
    assert.equal(unhandled.errorType, "Runtime.UnhandledPromiseRejection");
    assert.equal(bodyOf(await invoke(name)).calls, 1);
  });

  it("reports code that cannot be loaded", async () => {
    const cases = { "broken.handler": "SyntaxError", "absent.handler": "Runtime.ImportModuleError" };
    for (const [handler, errorType] of Object.entries({ ...cases, "index.absent": "Runtime.HandlerNotFound" })) {
      const reply = await invoke(await register({ handler }));
      assert.equal(reply.FunctionError, "Unhandled");
      assert.equal(bodyOf(reply).errorType, errorType);
    }
    assert.equal(bodyOf(await invoke(await register({ handler: "dies.handler" }))).errorType, "Runtime.ExitError");
  });

  it("throttles above the reserved concurrency", async () => {
    const name = await register({ reservedConcurrency: 2 });
    const busy = [invoke(name, { act: "sleep", ms: 800 }), invoke(name, { act: "sleep", ms: 800 })];
    await sleep(200);
    const error = await failing(invoke(name));
    assert.equal(error.name, "TooManyRequestsException");
    assert.equal(error.Reason, "ReservedFunctionConcurrentInvocationLimitExceeded");
    assert.equal((error.$metadata as { httpStatusCode: number }).httpStatusCode, 429);
    const pids = (await Promise.all(busy)).map((reply) => bodyOf(reply).pid);
    assert.equal(new Set(pids).size, 2);
    assert.ok(pids.includes(bodyOf(await invoke(name)).pid));
  });

  it("runs asynchronous invocations, again when they fail, and dry runs not at all", async () => {
    const name = await register({ reservedConcurrency: 1 });
    const file = path.join(directory, "events.txt");
    assert.equal((await invoke(name, { file }, { InvocationType: "DryRun" })).StatusCode, 204);
    const accepted = await invoke(name, { file }, { InvocationType: "Event" });
    const throttled = await invoke(name, { file }, { InvocationType: "Event" });
    assert.equal(accepted.StatusCode, 202);
    await host.drained();
    const ids = [accepted.$metadata.requestId, throttled.$metadata.requestId];
    assert.deepEqual(readFileSync(file, "utf8").trim().split("\n").sort(), [...ids].sort());
    rmSync(file);
    const failed = await invoke(name, { file, act: "throw" }, { InvocationType: "Event" });
    await host.drained();
    const { requestId } = failed.$metadata;
    assert.deepEqual(readFileSync(file, "utf8").trim().split("\n"), [requestId, requestId, requestId]);
  });

  it("refuses as AWS does", async () => {
    const name = await register({ aliases: ["live"] });
    const missing = await failing(invoke("absent"));
    assert.equal(missing.name, "ResourceNotFoundException");
    assert.equal(missing.message, `Function not found: arn:aws:lambda:${region}:${account}:function:absent`);
    assert.ok((missing.$metadata as { requestId?: string }).requestId);
    assert.equal((await failing(invoke(`${name}:dead`))).name, "ResourceNotFoundException");
    const far = await failing(invoke(`arn:aws:lambda:eu-west-1:${account}:function:${name}`));
    assert.match(String(far.message), /not reachable in this region/);
    const large = await failing(invoke(name, "x".repeat(6_291_456)));
    assert.equal(large.name, "RequestTooLargeException");
    assert.equal((large.$metadata as { httpStatusCode: number }).httpStatusCode, 413);
    const text = await failing(invoke(name, {}, { Payload: Buffer.from("{") }));
    assert.equal(text.name, "InvalidRequestContentException");
    const reply = await invoke(name, { act: "big" });
    assert.equal(bodyOf(reply).errorType, "Function.ResponseSizeTooLarge");
  });

  it("lets another account in only when the function allows it", async () => {
    const closed = await register();
    const open = await register({ invokers: [stranger] });
    const other = clientOf(stranger);
    const arn = (name: string): string => `arn:aws:lambda:${region}:${account}:function:${name}`;
    const error = await failing(other.send(new InvokeCommand({ FunctionName: arn(closed) })));
    assert.equal(error.name, "AccessDeniedException");
    assert.equal((await other.send(new InvokeCommand({ FunctionName: arn(open) }))).StatusCode, 200);
  });

  it("shows states, and recovers an inactive function when it is invoked", async () => {
    const name = await register();
    const get = async (): Promise<string | undefined> =>
      (await client.send(new GetFunctionCommand({ FunctionName: name }))).Configuration?.State;
    assert.equal(await get(), "Active");
    host.setState(name, "Inactive");
    const inactive = await failing(invoke(name));
    assert.equal(inactive.name, "ResourceNotReadyException");
    assert.equal(await get(), "Pending");
    assert.equal((await failing(invoke(name))).name, "ResourceConflictException");
    host.setState(name, "Active");
    assert.equal((await invoke(name)).StatusCode, 200);
  });

  it("can be updated, renamed and removed", async () => {
    const name = await register({ env: { STEP: "one" } });
    assert.equal(bodyOf(await invoke(name, { act: "env" })).STEP, "one");
    await host.updateFunction(name, { env: { STEP: "two" } });
    assert.equal(bodyOf(await invoke(name, { act: "env" })).STEP, "two");
    await host.renameFunction(name, `${name}-new`);
    assert.equal((await failing(invoke(name))).name, "ResourceNotFoundException");
    assert.equal(bodyOf(await invoke(`${name}-new`, { act: "env" })).STEP, "two");
    await host.removeFunction(`${name}-new`);
    assert.equal((await failing(invoke(`${name}-new`))).name, "ResourceNotFoundException");
  });

  it("can lose a response after the function finished", async () => {
    const name = await register();
    const file = path.join(directory, "lost.txt");
    const restore = host.afterInvoke((control) => control.dropResponse());
    const error = await failing(invoke(name, { file }));
    restore();
    assert.ok(["ECONNRESET", "EPIPE"].includes(String(error.code)) || /socket hang up/.test(String(error.message)));
    assert.equal(readFileSync(file, "utf8").trim().split("\n").length, 1);
    assert.equal(bodyOf(await invoke(name)).calls, 2);
  });

  it("can kill a cold and a warm environment in the middle of an invocation, and delay one", async () => {
    const name = await register();
    for (const temperature of ["cold", "warm"]) {
      if (temperature === "warm") await invoke(name);
      const restore = host.beforeInvoke((control) => control.kill());
      const body = bodyOf(await invoke(name, { act: "sleep", ms: 3000 }));
      restore();
      assert.equal(body.errorType, "Runtime.ExitError", temperature);
      assert.match(String(body.errorMessage), /signal: killed$/);
    }
    const restore = host.beforeInvoke(() => sleep(150));
    const started = Date.now();
    await invoke(name);
    restore();
    assert.ok(Date.now() - started >= 140);
  });

  it("leaves no environment behind when the host's process is killed", async () => {
    const script = path.join(__dirname, "..", "..", "local", "lambda", "host.ts");
    const source = `
      const { LambdaHost } = require(${JSON.stringify(script)});
      const credentials = () => ({ accessKeyId: "a", secretAccessKey: "b", sessionToken: "c" });
      void LambdaHost.start({ directory: ${JSON.stringify(directory)}, endpointUrl: "http://127.0.0.1:1", credentials }).then(async (host) => {
        const place = { account: "${account}", region: "${region}" };
        await host.registerFunction({ ...place, name: "orphan", codePath: ${JSON.stringify(path.join(directory, "code"))},
          handler: "index.handler", env: {}, timeoutSeconds: 60, memoryMb: 128 });
        const request = { functionName: "orphan", invocationType: "RequestResponse", requestId: "r", caller: { ...place, arn: "x" } };
        const first = await host.invoke({ ...request, payload: Buffer.from("{}") });
        void host.invoke({ ...request, payload: Buffer.from('{"act":"sleep","ms":60000}') });
        console.log(JSON.parse(first.payload.toString()).pid);
      });`;
    const parent = spawn(process.execPath, ["-r", require.resolve("ts-node/register/transpile-only"), "-e", source], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once("data", (data: Buffer) => resolve(Number(data.toString("utf8"))));
    });
    parent.kill("SIGKILL");
    const deadline = Date.now() + 5000;
    const isGone = (): boolean => {
      try {
        process.kill(pid, 0);
        // Without an init process that reaps it, an ended orphan stays visible as a zombie.
        const status = `/proc/${pid}/status`;
        return existsSync(status) && /^State:\s+Z/m.test(readFileSync(status, "utf8"));
      } catch {
        return true;
      }
    };
    while (!isGone() && Date.now() < deadline) await sleep(20);
    assert.ok(isGone(), `process ${pid} outlived its host`);
  });
});
