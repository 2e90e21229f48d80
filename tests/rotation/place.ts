import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { AwsError, type RotationOutcome } from "../../local/aws";
import type { Claim, ClaimResult, LoginClaim, Outputs } from "../../provisioner/protocol";
import type { AuditLine } from "../support/leaks";
import {
  apply,
  ask,
  attempt,
  byHand,
  changeWords,
  changingStatements,
  invokeRaw,
  logMark,
  requestOf,
  startWorld,
  type Login,
  type World,
} from "../support/world";

export const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
export type Step = (typeof steps)[number];

/** Short, because a test waits for its end before it rotates again. */
export const graceSeconds = 1;

export const sleep = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

/** A world with what rotates, as applications and Secrets Manager see it. */
export interface Place {
  world: World;
  secrets: SecretsManagerClient;
  lambda: LambdaClient;
  stop(): Promise<void>;
}

export async function startPlace(version: string): Promise<Place> {
  // Of a function that is not ours: see tests/rotation/foreign-function.ts.
  const rotationFunctionArns = ["lent", "uninvited"].map((name) => `arn:aws:lambda:*:*:function:${name}`);
  const world = await startWorld(version, { role: { rotationFunctionArns } });
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = world.stack.env();
  const options = {
    endpoint: world.stack.url,
    region: world.stack.region,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
    maxAttempts: 1,
  };
  const secrets = new SecretsManagerClient(options);
  const lambda = new LambdaClient(options);
  return {
    world,
    secrets,
    lambda,
    stop: async () => {
      secrets.destroy();
      lambda.destroy();
      await world.stop();
    },
  };
}

export const loginClaim = (name: string, patch: Partial<LoginClaim> = {}): LoginClaim => ({
  kind: "login",
  name,
  auth: { kind: "password", secret: { name: `orders/${name}`, recoveryDays: 0 } },
  deletion: "drop",
  ...patch,
});

/** By default with a grace period that does not end by itself in a test. */
export const rotatingBy = (strategy: RotationStrategy, grace = 600): Pick<LoginClaim, "rotation"> => ({
  rotation: { strategy, days: 30, ...(strategy === "single" ? {} : { graceSeconds: grace }) },
});

/** Applies a login that rotates. Secrets Manager tests the function when it is attached; that is over afterwards. */
export async function claimRotating(place: Place, claim: LoginClaim): Promise<Outputs & { secretArn: string }> {
  const [result] = await apply(place.world, { claim });
  const secretArn = result.outputs?.secretArn ?? "";
  assert.equal(await place.world.stack.rotationEnded(secretArn), "done");
  return { ...result.outputs, secretArn };
}

export async function rotate({ secrets, world }: Place, arn: string): Promise<RotationOutcome> {
  await secrets.send(new RotateSecretCommand({ SecretId: arn, ClientRequestToken: randomUUID() }));
  return world.stack.rotationEnded(arn);
}

export async function rotated(place: Place, arn: string): Promise<void> {
  assert.equal(await rotate(place, arn), "done");
}

/** A rotation that Secrets Manager has given up before anything was done: its steps are the test's own. */
export async function stage(place: Place, arn: string): Promise<string> {
  const stop = place.world.stack.aws.intercept((call) => {
    if (call.operation !== "DescribeSecret") return call.next();
    throw new AwsError("AccessDeniedException", "not now");
  });
  const ClientRequestToken = randomUUID();
  await place.secrets.send(new RotateSecretCommand({ SecretId: arn, ClientRequestToken }));
  const ended = await place.world.stack.rotationEnded(arn);
  stop();
  assert.equal(typeof ended === "object" && ended.step, "createSecret");
  return ClientRequestToken;
}

/** The same archive, with another role: the one may look at secrets that are not its own, the other may not. */
export type FunctionOf = "access" | "rotate";

const functionNameOf = ({ world }: Place, which: FunctionOf): string =>
  which === "access" ? world.target.functionName : world.target.rotateFunctionName;

/** One step as Secrets Manager would send it. Resolves with the failure in words. */
export async function step(
  place: Place,
  arn: string,
  name: Step,
  token: string,
  which: FunctionOf = "rotate",
): Promise<string | undefined> {
  const event = { Step: name, SecretId: arn, ClientRequestToken: token, RotationToken: "t" };
  const answer = await place.lambda.send(
    new InvokeCommand({ FunctionName: functionNameOf(place, which), Payload: JSON.stringify(event) }),
  );
  if (answer.FunctionError === undefined) return undefined;
  const body = JSON.parse(Buffer.from(answer.Payload ?? []).toString("utf8")) as { errorMessage: string };
  return body.errorMessage;
}

/** As if the grace period were over: the ledger alone knows when that is. */
export async function endOfGrace({ world }: Place): Promise<void> {
  const past = "2000-01-01T00:00:00.000Z";
  const [database, value] =
    world.family === "postgresql"
      ? ["postgres", `jsonb_set(credentials, '{grace,until}', '"${past}"')`]
      : ["db_access", `JSON_SET(credentials, '$.grace.until', '${past}')`];
  await byHand(world, database, `UPDATE db_access.claims SET credentials = ${value} WHERE credentials IS NOT NULL`);
}

/** EventBridge's clock, at the function that serves claims. */
export async function tick({ world }: Place): Promise<void> {
  const reply = await invokeRaw(world, { source: "aws.events", "detail-type": "Scheduled Event" });
  assert.equal(reply.error, undefined);
}

type RotationStrategy = NonNullable<NonNullable<LoginClaim["rotation"]>["strategy"]>;

export interface Version extends Login {
  versionId: string;
}

/** The current version, or the one that is named. */
export async function versionOf({ secrets }: Place, arn: string, VersionId?: string): Promise<Version> {
  const answer = await secrets.send(new GetSecretValueCommand({ SecretId: arn, VersionId }));
  const { username, password } = JSON.parse(answer.SecretString ?? "") as { username: string; password: string };
  return { user: username, password, versionId: answer.VersionId ?? "" };
}

export const labelsOf = async ({ secrets }: Place, arn: string): Promise<Record<string, string[]>> =>
  (await secrets.send(new DescribeSecretCommand({ SecretId: arn }))).VersionIdsToStages ?? {};

export const logsIn = async ({ world }: Place, login: Login): Promise<boolean> =>
  (await attempt(world, login, undefined, "SELECT 1")) === "ok";

/** Which of the logins still get in. */
export const whoGetsIn = async (place: Place, logins: readonly Login[]): Promise<boolean[]> => {
  const found: boolean[] = [];
  for (const login of logins) found.push(await logsIn(place, login));
  return found;
};

/** No drift, and nothing that a plan would change. Resolves with what `read` shows. */
export async function isUnchanged({ world }: Place, claim: Claim): Promise<ClaimResult> {
  const [[read], [planned]] = [await ask(world, "read", [{ claim }]), await ask(world, "plan", [{ claim }])];
  for (const result of [read, planned]) assert.deepEqual(changeWords(result), [], JSON.stringify(result));
  return read;
}

/** The same, and an apply does nothing either: what is due to end has ended before. */
export async function isSettled(place: Place, ...claims: Claim[]): Promise<ClaimResult[]> {
  const { world } = place;
  const mark = logMark(world);
  const read: ClaimResult[] = [];
  for (const claim of claims) read.push(await isUnchanged(place, claim));
  for (const result of await apply(world, ...claims.map((claim) => ({ claim }))))
    assert.equal(result.status, "unchanged", JSON.stringify(result));
  assert.deepEqual(changingStatements(world, mark), []);
  return read;
}

/** A fresh password that no claim has asked for. */
export async function resetByOperator({ world }: Place, name: string): Promise<void> {
  const request = requestOf(world, "apply", [{ claim: loginClaim(name), owner: "operator/somebody" }]);
  const claims = request.claims.map((claim) => ({ ...claim, action: "reset" }));
  const [result] = (await invokeRaw(world, { ...request, claims })).results;
  assert.equal(result.status, "done", JSON.stringify(result));
}

/** What the server has under names that begin like this. */
export async function principalsLike({ world }: Place, name: string): Promise<string[]> {
  const rows = await byHand(
    world,
    undefined,
    world.family === "postgresql"
      ? `SELECT rolname || CASE WHEN rolcanlogin THEN '' ELSE ' NOLOGIN' END AS "name" FROM pg_roles WHERE rolname LIKE '${name}%'`
      : `SELECT IF(Host = '', User, CONCAT(User, '@', Host)) AS name FROM mysql.user WHERE User LIKE '${name}%'`,
  );
  return rows.map((row) => String(row.name)).sort();
}

/** What a function's audit says of a run. */
export async function auditOf(
  place: Place,
  run: () => Promise<unknown>,
  which: FunctionOf = "rotate",
): Promise<AuditLine[]> {
  const log = (): string => readFileSync(place.world.stack.lambda.logFile(functionNameOf(place, which)), "utf8");
  const mark = log().length;
  await run();
  return log()
    .slice(mark)
    .split("\n")
    .filter((line) => line.startsWith('{"audit"'))
    .map((line) => JSON.parse(line) as AuditLine);
}
