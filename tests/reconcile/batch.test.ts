import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ConnectionLost } from "../../local/aws";
import type { InvocationControl } from "../../local/lambda";
import { current } from "../../local/aws/secrets/model";
import type { Claim, ClaimResult, GrantClaim, LoginClaim, Reply } from "../../provisioner/protocol";
import { versionsToTest } from "../support/versions";
import {
  apply,
  ask,
  attempt,
  byHand,
  changingStatements,
  invokeRaw,
  logMark,
  requestOf,
  startWorld,
  type Ask,
  type World,
} from "../support/world";

const login = (name: string): LoginClaim => ({
  kind: "login",
  name,
  auth: { kind: "password", secret: { name: `orders/${name}` } },
  deletion: "drop",
});
const role = (name: string): Claim => ({ kind: "role", name, deletion: "drop" });
const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${at + 1}`);
const statuses = (results: readonly ClaimResult[]): string[] => results.map((result) => result.status);

/** When the function dies, told from the fifth login's secret. */
const deaths = ["before the fifth secret", "after the fifth secret", "after the fifth login"] as const;

/** How many of eight logins are there then: on PostgreSQL they are one transaction, after all secrets are made. */
const made = (postgresql: boolean, death: (typeof deaths)[number]): number =>
  postgresql ? 0 : death === "after the fifth login" ? 5 : 4;

for (const version of versionsToTest("postgresql@17", "mysql@8.0")) {
  describe(`batches on ${version}`, () => {
    let world: World;
    const postgresql = version.startsWith("postgresql");
    const on: GrantClaim["on"] = postgresql
      ? { kind: "tables", database: "shop", schema: "public", tables: "*" }
      : { kind: "tables", database: "shop", tables: "*" };
    const grant = (grantee: string, more: Partial<GrantClaim> = {}): GrantClaim => ({
      kind: "grant",
      grantee,
      on,
      privileges: ["SELECT"],
      mode: "additive",
      ...more,
    });
    const principals = async (prefix: string): Promise<string[]> =>
      (
        await byHand(
          world,
          undefined,
          postgresql
            ? `SELECT rolname AS name FROM pg_roles WHERE rolname LIKE '${prefix}%' ORDER BY 1`
            : `SELECT user AS name FROM mysql.user WHERE user LIKE '${prefix}%' ORDER BY 1`,
        )
      ).map((row) => String(row.name));
    const rows = (where: string): Promise<Record<string, unknown>[]> =>
      byHand(world, postgresql ? "postgres" : "db_access", `SELECT id, state FROM db_access.claims WHERE ${where}`);
    /** How many of the grantees can read the table, as the catalog has it. */
    const readers = async (prefix: string): Promise<number> =>
      Number(
        (
          await byHand(
            world,
            "shop",
            postgresql
              ? `SELECT count(*) AS n FROM pg_roles WHERE rolname LIKE '${prefix}%' AND has_table_privilege(oid, 'public.first', 'SELECT')`
              : `SELECT COUNT(*) AS n FROM mysql.db WHERE Db = 'shop' AND User LIKE '${prefix}%' AND Select_priv = 'Y'`,
          )
        )[0].n,
      );

    before(async () => {
      world = await startWorld(version);
      await apply(
        world,
        { claim: role("shop_owner") },
        { claim: { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" } },
      );
      const create = "CREATE TABLE first (id int PRIMARY KEY)";
      await byHand(world, "shop", postgresql ? `SET ROLE shop_owner; ${create}` : create);
    });
    after(() => world.stop());

    it("one invalid claim of eight: only it fails", async () => {
      const asks = names("v", 8).map((name): Ask => ({ claim: login(name) }));
      asks[2] = { claim: { ...login("v3"), connectionLimit: -5 } };
      const results = await ask(world, "apply", asks);
      assert.deepEqual(
        statuses(results),
        asks.map((_, at) => (at === 2 ? "failed" : "done")),
      );
      assert.deepEqual([results[2].error?.code, results[2].error?.property], ["InvalidInput", "connectionLimit"]);
      assert.equal((await principals("v")).length, 7);
    });

    for (const death of deaths)
      it(`eight logins, the function killed ${death}: the same request sent again ends exact`, async () => {
        const prefix = `k${deaths.indexOf(death)}`;
        const expected = names(prefix, 8);
        const request = requestOf(
          world,
          "apply",
          expected.map((name) => ({ claim: login(name) })),
        );
        let control: InvocationControl | undefined;
        const forget = world.stack.lambda.beforeInvoke((invocation) => void (control = invocation));
        const die = (): never => {
          control?.kill();
          throw new ConnectionLost();
        };
        const stop = world.stack.aws.intercept(async (call) => {
          const at = call.operation === "CreateSecret" ? call.request.Name : "";
          if (at === `orders/${prefix}5` && death === "before the fifth secret") return die();
          if (at === `orders/${prefix}6` && death === "after the fifth login") return die();
          const answer = await call.next();
          return at === `orders/${prefix}5` && death === "after the fifth secret" ? die() : answer;
        });
        await assert.rejects(invokeRaw(world, request));
        stop();
        forget();
        assert.equal((await principals(prefix)).length, made(postgresql, death));
        const reply = await invokeRaw(world, request);
        assert.equal(reply.error, undefined, JSON.stringify(reply.error));
        for (const result of reply.results) assert.notEqual(result.status, "failed", JSON.stringify(result));
        assert.deepEqual(await principals(prefix), expected);
        const secrets = world.stack.aws.secrets.save().filter((secret) => secret.name.startsWith(`orders/${prefix}`));
        assert.deepEqual(
          secrets.map((secret) => secret.name).sort(),
          expected.map((name) => `orders/${name}`),
        );
        for (const secret of secrets) {
          assert.deepEqual(
            secret.versions.flatMap((one) => one.stages),
            [current],
            "one version, in use",
          );
          const { username, password } = JSON.parse(secret.versions[0].value.SecretString ?? "{}");
          assert.equal(await attempt(world, { user: username, password }, undefined, "SELECT 1"), "ok", username);
        }
        const settled = await rows(`grantee LIKE '${prefix}%'`);
        assert.deepEqual([settled.length, settled.every((row) => row.state === "done")], [8, true]);
        assert.deepEqual(
          statuses((await invokeRaw(world, request)).results),
          expected.map(() => "unchanged"),
        );
      });

    if (postgresql)
      it("one grant of four that cannot be applied: the others are done in the same request", async () => {
        await byHand(world, "shop", "CREATE TABLE vault (id int)");
        await apply(world, ...names("g", 4).map((name) => ({ claim: role(name) })));
        const only = (table: string): Partial<GrantClaim> => ({ on: { ...on, tables: [table] } as GrantClaim["on"] });
        const asks = names("g", 4).map((name, at) => ({ claim: grant(name, only(at === 2 ? "vault" : "first")) }));
        const results = await ask(world, "apply", asks);
        assert.deepEqual(statuses(results), ["done", "done", "failed", "done"]);
        assert.ok(["NotAuthorized", "NotApplied"].includes(results[2].error?.code ?? ""));
        assert.match(results[2].error?.message ?? "", /vault/);
        assert.equal(await readers("g"), 3);
        assert.deepEqual(await rows("grantee = 'g3' AND kind = 'grant'"), [], "no claim on what nobody holds");
        await byHand(world, "shop", "DROP TABLE vault");
      });

    it("64 grants from each of two owners at once, and each owner's end takes only its own", async () => {
      const grantees = names("m", 64);
      await apply(world, ...grantees.map((name) => ({ claim: role(name) })));
      const asks = (owner: string, action: Ask["action"]): Ask[] =>
        grantees.map((name) => ({ claim: grant(name), owner, action }));
      for (const results of await Promise.all(
        ["one", "two"].map((owner) => ask(world, "apply", asks(owner, "ensure"))),
      ))
        assert.deepEqual(
          new Set(statuses(results)),
          new Set(["done"]),
          JSON.stringify(results.find((one) => one.error)),
        );
      assert.equal(await readers("m"), 64);
      assert.equal((await rows("grantee LIKE 'm%' AND kind = 'grant' AND state = 'done'")).length, 128);
      await apply(world, ...asks("one", "remove"));
      assert.equal(await readers("m"), 64);
      await apply(world, ...asks("two", "remove"));
      assert.equal(await readers("m"), 0);
    });

    it("what there is no time for is not begun, leaves no trace, and is done when it is sent again", async () => {
      const { functionName } = world.target;
      // Five seconds are kept for the answer, and half of the rest for reading back.
      await world.stack.lambda.updateFunction(functionName, { timeoutSeconds: 8 });
      const slow = world.stack.aws.intercept(async (call) => {
        if (call.operation === "CreateSecret") await sleep(1000);
        return call.next();
      });
      const request = requestOf(
        world,
        "apply",
        names("slow", 20).flatMap((name) => [{ claim: login(name) }, { claim: grant(name) }]),
      );
      const first = statuses((await invokeRaw(world, request)).results);
      slow();
      await world.stack.lambda.updateFunction(functionName, { timeoutSeconds: 300 });
      assert.equal(first[0], "done");
      assert.deepEqual(first.slice(-2), ["notAttempted", "notAttempted"]);
      assert.deepEqual(await rows("grantee = 'slow20'"), []);
      assert.ok(!(await principals("slow")).includes("slow20"));
      const again = statuses((await invokeRaw(world, request)).results);
      assert.deepEqual([again[0], ...again.slice(-2)], ["unchanged", "done", "done"]);
      assert.equal(await readers("slow"), 20);
    });

    it("an answer that was lost: the same request again finds everything done", async () => {
      const request = requestOf(world, "apply", [{ claim: login("lost") }, { claim: grant("lost") }]);
      const forget = world.stack.lambda.afterInvoke((control) => control.dropResponse());
      await assert.rejects(invokeRaw(world, request));
      forget();
      const mark = logMark(world);
      assert.deepEqual(statuses((await invokeRaw(world, request)).results), ["unchanged", "unchanged"]);
      assert.deepEqual(changingStatements(world, mark), []);
    });

    it("the same request from two clients at once: one does it, the other finds it done", async () => {
      const asks = names("twin", 3).flatMap((name): Ask[] => [{ claim: login(name) }, { claim: grant(name) }]);
      const request = requestOf(world, "apply", asks);
      const replies: Reply[] = await Promise.all([invokeRaw(world, request), invokeRaw(world, request)]);
      const seen = replies.map((reply) => [...new Set(statuses(reply.results))].join());
      assert.deepEqual(seen.sort(), ["done", "unchanged"]);
      assert.deepEqual(await principals("twin"), names("twin", 3));
    });
  });
}
