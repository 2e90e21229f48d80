import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { build } from "esbuild";
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { livingProcess } from "../../local/cache";
import { localDown, localStatus, localUp, type LocalState } from "../../local/daemon";
import { startLocalStack, type LocalStack } from "../../local/stack";
import { readConfig } from "../../provisioner/config";
import { provisionerRefSchema } from "../../provisioner/protocol";

const postgresql = { engine: "postgresql", version: "17" } as const;

/** A tiny provisioner: it does with its environment what the real one does, and says who the server thinks it is. */
const source = `
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { readFileSync } from "node:fs";
import { Client } from "pg";
export const handler = async (event) => {
  if (event.act === "env") return process.env;
  const env = process.env;
  const secrets = new SecretsManagerClient({});
  const reply = await secrets.send(new GetSecretValueCommand({ SecretId: env.DB_ACCESS_ADMIN_SECRET_ARN }));
  const { username, password } = JSON.parse(reply.SecretString);
  const ssl = env.DB_ACCESS_CA_FILE ? { ca: readFileSync(env.DB_ACCESS_CA_FILE, "utf8") } : undefined;
  const client = new Client({ host: env.DB_ACCESS_HOST, port: Number(env.DB_ACCESS_PORT), user: username, password, ssl, database: "postgres" });
  await client.connect();
  try {
    if (event.sql) await client.query(event.sql);
    const { rows } = await client.query("SELECT current_user AS who, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    return rows[0];
  } finally {
    await client.end();
  }
};
`;

describe("local stack", function () {
  this.timeout(300_000); // The first time, the server is fetched.
  let directory: string;
  let bundle: string;

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "db-access-stack-"));
    bundle = path.join(directory, "code", "index.mjs");
    const banner = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;
    await build({
      stdin: { contents: source, resolveDir: __dirname },
      outfile: bundle,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20",
      external: ["pg-native"],
      banner: { js: banner },
      logLevel: "error",
    });
  });

  after(() => rmSync(directory, { recursive: true }));

  type Answer = Record<string, unknown>;
  async function invoke(stack: { env: Record<string, string> }, name: string, event: object = {}): Promise<Answer> {
    const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region, ...keys } = stack.env;
    const credentials = { accessKeyId: keys.AWS_ACCESS_KEY_ID, secretAccessKey: keys.AWS_SECRET_ACCESS_KEY };
    const client = new LambdaClient({ endpoint, region, credentials, maxAttempts: 1 });
    const Payload = Buffer.from(JSON.stringify(event));
    const reply = await client.send(new InvokeCommand({ FunctionName: name, Payload }));
    client.destroy();
    return JSON.parse(Buffer.from(reply.Payload ?? []).toString("utf8")) as Answer;
  }

  describe("in this process", () => {
    let stack: LocalStack;
    const invokeHere = (name: string, event?: object): Promise<Answer> => invoke({ env: stack.env() }, name, event);

    before(async () => {
      const targets = [
        { cluster: "orders", server: postgresql },
        { cluster: "gone", unreachable: true, engine: "aurora-postgresql" } as const,
      ];
      stack = await startLocalStack({ directory: path.join(directory, "here"), targets, bundle });
    });

    after(() => stack.stop());

    it("gives the function a working way to its server, over verified TLS", async () => {
      const { functionName, server } = stack.targets.orders;
      assert.deepEqual(await invokeHere(functionName), { who: server?.admin.user, ssl: true });
    });

    it("deploys functions whose environment the provisioner accepts", async () => {
      for (const [cluster, target] of Object.entries(stack.targets)) {
        for (const name of [target.functionName, target.rotateFunctionName, target.migrateFunctionName]) {
          const config = readConfig((await invokeHere(name, { act: "env" })) as NodeJS.ProcessEnv);
          assert.equal(
            config.rotationFunctionArn,
            name === target.migrateFunctionName ? undefined : target.rotateFunctionArn,
          );
          assert.equal(config.cluster, cluster);
          assert.equal(config.engine, target.ref.engine);
          assert.equal(config.port, target.ref.database.port);
          assert.deepEqual(config.secretNamePrefixes, target.ref.secretNamePrefixes);
          assert.equal(config.account, stack.account);
        }
      }
    });

    it("publishes the ref where callers look for it", async () => {
      const { ref } = stack.targets.orders;
      assert.deepEqual(provisionerRefSchema.parse(ref), ref);
      const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = stack.env();
      const client = new SSMClient({
        endpoint: ref.discovery.endpointUrl,
        region: ref.discovery.region,
        credentials: { accessKeyId, secretAccessKey },
      });
      const { Parameter } = await client.send(new GetParameterCommand({ Name: ref.discovery.parameter }));
      client.destroy();
      assert.deepEqual(JSON.parse(Parameter?.Value ?? ""), ref);
    });

    it("rotates a secret with the target's own function", async () => {
      const { rotateFunctionArn: RotationLambdaARN, functionName } = stack.targets.orders;
      const { ARN } = await stack.aws.direct("secretsmanager", "CreateSecret", { Name: "app", SecretString: "x" });
      await stack.aws.direct("secretsmanager", "RotateSecret", { SecretId: ARN, RotationLambdaARN });
      // This tiny provisioner answers every step and changes no label.
      const outcome = await stack.rotationEnded(String(ARN));
      assert.deepEqual(outcome, {
        step: "finishSecret",
        error: "The function has not moved AWSCURRENT to the new version.",
      });
      const access = RotationLambdaARN.replace(/[^:]+$/, functionName);
      const next = { Name: "other", SecretString: "x" };
      const { ARN: SecretId } = await stack.aws.direct("secretsmanager", "CreateSecret", next);
      await assert.rejects(
        stack.aws.direct("secretsmanager", "RotateSecret", { SecretId, RotationLambdaARN: access }),
        { name: "AccessDeniedException" },
      );
    });

    it("has a target whose database does not answer", async () => {
      const answer = await invokeHere(stack.targets.gone.functionName);
      assert.match(`${String(answer.errorMessage)} ${JSON.stringify(answer.trace)}`, /ECONNREFUSED/);
    });

    it("keeps passwords out of its logs", async () => {
      const { functionName, server } = stack.targets.orders;
      await invokeHere(functionName);
      const log = readFileSync(stack.lambda.logFile(functionName), "utf8");
      assert.match(log, /REPORT RequestId/);
      assert.ok(server !== undefined && !log.includes(server.admin.password));
    });

    it("takes a target later, in another account behind a role, and none twice", async () => {
      const roleArn = "arn:aws:iam::444455556666:role/db-access";
      const place = { account: "444455556666", region: "eu-west-1", invoke: { roleArn, externalId: "fleet" } };
      const target = await stack.addTarget({ cluster: "far", unreachable: true, engine: "mysql", ...place });
      assert.equal(target.ref.account, "444455556666");
      assert.equal(target.ref.discovery.roleArn, roleArn);
      assert.match(
        target.adminSecretArn,
        /^arn:aws:secretsmanager:eu-west-1:444455556666:secret:db-access\/far\/admin-/,
      );
      await assert.rejects(stack.addTarget({ cluster: "far", unreachable: true, engine: "mysql" }), /already has/);
    });

    it("says what is missing when there is no bundle", async () => {
      const absent = path.join(directory, "absent.mjs");
      await assert.rejects(startLocalStack({ directory, targets: [], bundle: absent }), /npm run build/);
    });
  });

  describe("in the background", () => {
    let home: string;
    const lines: string[] = [];
    const up = (): Promise<LocalState> =>
      localUp({ engines: [postgresql], directory: home, bundle, progress: (line) => lines.push(line) });
    const cluster = "postgresql-17";
    const query = async (state: LocalState, sql: string): Promise<unknown[]> => {
      const { adminUrl } = state.engines[cluster];
      const client = new Client({ connectionString: adminUrl });
      await client.connect();
      try {
        return (await client.query(sql)).rows as unknown[];
      } finally {
        await client.end();
      }
    };

    before(() => (home = path.join(directory, "home")));
    after(() => localDown(home));

    it("has no state before the first start", async () => {
      assert.equal(localStatus(home), undefined);
      assert.equal(await localDown(home), false);
    });

    it("starts, is found again, ends, and starts on the same data at the same addresses", async () => {
      const first = await up();
      assert.equal(first.status, "ready");
      assert.ok(lines.some((line) => line.includes("postgresql 17")));
      assert.equal(statSync(path.join(home, "state.json")).mode & 0o777, 0o600);
      const { ref } = first.engines[cluster];
      assert.deepEqual(provisionerRefSchema.parse(ref), ref);
      await query(first, "CREATE ROLE kept CONNECTION LIMIT 42");
      assert.equal((await invoke(first, ref.functions.access)).ssl, true);

      const again = await up();
      assert.equal(again.process, first.process);
      assert.equal(localStatus(home)?.status, "ready");

      assert.equal(await localDown(home), true);
      assert.equal(livingProcess(first.process), undefined);
      assert.equal(localStatus(home)?.status, "stopped");
      await assert.rejects(query(first, "SELECT 1"), { code: "ECONNREFUSED" });
      assert.equal(await localDown(home), false);

      const second = await up();
      assert.notEqual(second.process, first.process);
      assert.deepEqual(await query(second, "SELECT rolconnlimit AS answer FROM pg_roles WHERE rolname = 'kept'"), [
        { answer: 42 },
      ]);
      assert.deepEqual(second.engines[cluster].ref, ref);
      assert.equal(second.engines[cluster].adminSecretArn, first.engines[cluster].adminSecretArn);
      assert.deepEqual(second.env, first.env);
    });

    it("cleans up after a daemon that was killed", async () => {
      const state = await up();
      const daemon = livingProcess(state.process);
      assert.ok(daemon !== undefined);
      process.kill(daemon, "SIGKILL");
      while (livingProcess(state.process) !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(localStatus(home)?.status, "stopped");
      const next = await up();
      assert.deepEqual(await query(next, "SELECT rolconnlimit AS answer FROM pg_roles WHERE rolname = 'kept'"), [
        { answer: 42 },
      ]);
    });

    it("passes on why it did not start", async () => {
      await localDown(home);
      await assert.rejects(
        localUp({ engines: [postgresql], directory: home, bundle: path.join(directory, "absent.mjs") }),
        /The local stack did not start: The provisioner's bundle is missing/,
      );
      assert.equal(localStatus(home)?.status, "failed");
    });
  });
});
