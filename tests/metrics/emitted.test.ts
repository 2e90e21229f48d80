import { InvokeCommand } from "@aws-sdk/client-lambda";
import { DeleteSecretCommand } from "@aws-sdk/client-secrets-manager";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Claim } from "../../provisioner/protocol";
import {
  claimRotating,
  endOfGrace,
  loginClaim,
  rotated,
  rotatingBy,
  startPlace,
  tick,
  type Place,
} from "../rotation/place";
import { apply, ask, byHand, invokeRaw, requestOf, type World } from "../support/world";
import { alarmState, type AlarmInputs, type Point } from "./support/alarm-state";
import { alarmsOf, watching } from "./support/definitions";
import { embeddedIn, numbersOf, type Line } from "./support/emitted";

const role = (name: string): Claim => ({ kind: "role", name, deletion: "drop" });

const grant = (grantee: string): Claim => ({
  kind: "grant",
  grantee,
  on: { kind: "role", role: "m_group" },
  mode: "additive",
});

describe("metrics of the built functions, and the alarms of the component on them", function () {
  this.timeout(120_000);
  let place: Place;
  let world: World;
  let alarms: AlarmInputs[];
  /** The lines of all functions so far, by function. */
  const logs = (): string[] =>
    world.stack.lambda.names().map((name) => readFileSync(world.stack.lambda.logFile(name), "utf8"));
  const lines = (): Line[] => logs().flatMap(embeddedIn);
  const points = (): Point[] => lines().flatMap((line) => line.points);

  /** What one piece of work adds, without how long it took. */
  const metered = async (work: () => Promise<unknown>): Promise<Record<string, number>[]> => {
    const before = new Set(logs().flatMap((text) => text.split("\n")));
    await work();
    const added = logs().flatMap((text) => text.split("\n").filter((line) => !before.has(line)));
    return added.flatMap(embeddedIn).map((line) => {
      const { Duration, ...numbers } = numbersOf(line);
      assert.ok(Duration >= 0);
      return numbers;
    });
  };

  const stateOf = (suffix: string, hoursLater = 0, of: AlarmInputs[] = alarms): string => {
    const alarm = of.find(({ name }) => name.endsWith(`-${suffix}`));
    assert.ok(alarm !== undefined, suffix);
    return alarmState(alarm, points(), Date.now() + hoursLater * 3_600_000);
  };

  const send = async (FunctionName: string, event: unknown): Promise<string | undefined> =>
    (await place.lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }))).FunctionError;

  before(async () => {
    place = await startPlace("postgresql@17");
    world = place.world;
    const { adminSecretArn: SecretId } = await world.stack.addTarget({
      cluster: "lost",
      unreachable: true,
      engine: "postgresql",
    });
    await place.secrets.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
    alarms = alarmsOf(await watching("orders", "postgresql"));
  });
  after(() => place.stop());

  it("rings for want of success while nothing has run, and not any more after the first run", async () => {
    assert.equal(stateOf("no-success"), "ALARM");
    const [numbers] = await metered(() => ask(world, "plan", [{ claim: loginClaim("m_app") }]));
    assert.deepEqual(numbers, { Succeeded: 1 });
    assert.equal(stateOf("no-success"), "OK");
    assert.equal(stateOf("no-success", 23), "OK");
    assert.equal(stateOf("no-success", 27), "ALARM");
  });

  it("counts what is created, changed, found and removed", async () => {
    const claims = [{ claim: role("m_group") }, { claim: grant("m_app") }, { claim: loginClaim("m_app") }];
    assert.deepEqual(await metered(() => apply(world, ...claims)), [{ Created: 3, Succeeded: 1 }]);
    assert.deepEqual(await metered(() => apply(world, ...claims)), [{ Succeeded: 1 }]);
    const changed = { claim: loginClaim("m_app", { connectionLimit: 5 }) };
    assert.deepEqual(await metered(() => apply(world, changed)), [{ Changed: 1, Succeeded: 1 }]);
    await byHand(world, "postgres", "ALTER ROLE m_app CONNECTION LIMIT 7");
    assert.deepEqual(await metered(() => ask(world, "read", [claims[0], changed])), [{ Drift: 1, Succeeded: 1 }]);
    const removed = claims.slice(1).map(({ claim }) => ({ claim, action: "remove" as const }));
    assert.deepEqual(await metered(() => apply(world, ...removed)), [{ Removed: 2, Succeeded: 1 }]);
  });

  it("rings when more is removed than one application has", async () => {
    const names = Array.from({ length: 24 }, (_, index) => ({ claim: role(`m_role_${index}`) }));
    await apply(world, ...names);
    await apply(world, ...names.slice(0, 22).map(({ claim }) => ({ claim, action: "remove" as const })));
    assert.equal(stateOf("mass-removal"), "OK");
    await apply(world, ...names.slice(22).map(({ claim }) => ({ claim, action: "remove" as const })));
    assert.equal(stateOf("mass-removal"), "ALARM");
    assert.equal(stateOf("mass-removal", 2), "OK");
  });

  it("rings when refusals are more than a mistake", async () => {
    const reserved = Array.from({ length: 8 }, (_, index) => ({ claim: loginClaim(`pg_taken_${index}`) }));
    assert.deepEqual(await metered(() => ask(world, "apply", reserved)), [{ Refused: 8, Succeeded: 1 }]);
    assert.deepEqual(await metered(() => ask(world, "plan", reserved)), [{ Succeeded: 1 }]);
    assert.deepEqual(await metered(() => send(world.target.migrateFunctionName, requestOf(world, "apply", reserved))), [
      { Refused: 1 },
    ]);
    assert.equal(stateOf("refused"), "OK");
    assert.deepEqual(await metered(() => invokeRaw(world, { what: "is this" })), [{ Refused: 1 }]);
    assert.equal(stateOf("refused"), "ALARM");
    assert.equal(stateOf("failed-claims"), "OK");
  });

  it("rings when nothing goes right, and for want of success there alone", async () => {
    const lost = alarmsOf(await watching("lost", "postgresql"));
    const asked = { ...requestOf(world, "apply", [{ claim: loginClaim("m_app") }]), cluster: "lost" };
    for (const expected of ["OK", "OK", "ALARM"]) {
      assert.deepEqual(await metered(() => send("db-access-lost-access", asked)), [{ Failed: 1 }]);
      assert.equal(stateOf("failed-claims", 0, lost), expected);
    }
    assert.equal(stateOf("no-success", 0, lost), "ALARM");
    assert.deepEqual([stateOf("failed-claims"), stateOf("no-success")], ["OK", "OK"]);
  });

  it("counts rotations and the clock's errands, and what of them fails", async () => {
    const { secretArn } = await claimRotating(place, loginClaim("m_rotated", rotatingBy("alternating")));
    const steps = await metered(() => rotated(place, secretArn));
    assert.equal(steps.length, 4);
    assert.deepEqual(
      steps.filter(({ Changed }) => Changed !== undefined),
      [{ Changed: 1, Succeeded: 1 }],
    );
    await endOfGrace(place);
    assert.deepEqual(await metered(() => tick(place)), [{ Changed: 1, Succeeded: 1 }]);
    assert.deepEqual(await metered(() => tick(place)), [{ Succeeded: 1 }]);
    const clock = { source: "aws.events", "detail-type": "Scheduled Event" };
    assert.deepEqual(await metered(async () => assert.equal(await send("db-access-lost-access", clock), "Unhandled")), [
      { Failed: 1 },
    ]);
  });

  it("counts audit events that do not arrive, and rings", async () => {
    assert.equal(stateOf("audit-undelivered"), "OK");
    const { env } = world.stack.lambda.get(world.target.functionName).spec;
    const gone = { ...env, DB_ACCESS_AUDIT_LOG_GROUP: "/db-access/orders/gone" };
    await world.stack.lambda.updateFunction(world.target.functionName, { env: gone });
    const undelivered = { AuditUndelivered: 1, Created: 1, Succeeded: 1 };
    assert.deepEqual(await metered(() => apply(world, { claim: role("m_unheard") })), [undelivered]);
    assert.equal(stateOf("audit-undelivered"), "ALARM");
    assert.equal(stateOf("audit-undelivered", 1), "OK");
  });

  it("writes one line for each run, and nothing in it of claims", () => {
    for (const text of logs())
      assert.equal(embeddedIn(text).length, text.split("\n").filter((line) => line.startsWith("START ")).length);
    const texts = logs().flatMap((text) => text.split("\n").filter((line) => line.includes('"_aws"')));
    assert.ok(texts.length > 20);
    for (const text of texts) assert.doesNotMatch(text, /m_(app|role|rotated|unheard)|pg_taken|arn:/);
    const doors = new Set(lines().map(({ more }) => more.Door));
    assert.deepEqual([...doors].sort(), ["claims", "rotation", "schedule"]);
    const metrics = new Set(points().map(({ name, dimensions }) => JSON.stringify([name, Object.keys(dimensions)])));
    // Nine of a cluster: it is what they cost by.
    assert.equal(metrics.size, 9);
  });

  it("leaves Lambda's own alarms to names that the functions have", async () => {
    const made = await watching("orders", "postgresql");
    const functions = made.of("aws:lambda/function:Function").map(({ inputs }) => String(inputs.name));
    for (const name of functions) assert.ok(world.stack.lambda.names().includes(name), name);
    const now = Date.now();
    const of = (FunctionName: string, name: string, value: number, minutes = 1): Point => ({
      namespace: "AWS/Lambda",
      name,
      dimensions: { FunctionName },
      time: now - minutes * 60_000,
      value,
    });
    const state = (suffix: string, given: Point[]): string => {
      const alarm = alarms.find(({ name }) => name.endsWith(`-${suffix}`));
      assert.ok(alarm !== undefined, suffix);
      return alarmState(alarm, given, now);
    };
    for (const kind of ["access", "migrate", "rotate"]) {
      const name = `db-access-orders-${kind}`;
      const other = `db-access-lost-${kind}`;
      assert.equal(state(`${kind}-errors`, [of(name, "Errors", 0)]), "OK");
      assert.equal(state(`${kind}-errors`, [of(name, "Errors", 1)]), "ALARM");
      assert.equal(state(`${kind}-errors`, [of(other, "Errors", 1)]), "OK");
      const throttled = [1, 6, 11].map((minutes) => of(name, "Throttles", 2, minutes));
      assert.equal(state(`${kind}-throttles`, throttled), "ALARM");
      assert.equal(state(`${kind}-throttles`, throttled.slice(1)), "OK");
      const limit = (kind === "migrate" ? 900 : 300) * 1000;
      assert.equal(state(`${kind}-duration`, [of(name, "Duration", limit * 0.79)]), "OK");
      assert.equal(state(`${kind}-duration`, [of(name, "Duration", limit * 0.81)]), "ALARM");
    }
    const queue = { namespace: "AWS/SQS", name: "ApproximateNumberOfMessagesVisible", time: now - 1000 };
    const dimensions = { QueueName: "db-access-orders-dead-letters" };
    assert.equal(state("dead-letters", [{ ...queue, dimensions, value: 0 }]), "OK");
    assert.equal(state("dead-letters", [{ ...queue, dimensions, value: 1 }]), "ALARM");
  });
});
