import assert from "node:assert/strict";
import { lifecycle, type Lifecycle } from "../../components/lifecycle/lifecycle";
import { UNKNOWN, type Properties } from "../../components/lifecycle/wire";
import { createClient } from "../../components/client";
import type { EngineSession } from "../../provisioner/engines/engine";
import { mysql } from "../../provisioner/engines/mysql";
import { postgresql } from "../../provisioner/engines/postgresql";
import type { GrantClaim } from "../../provisioner/protocol";
import { refused } from "../support/refusal";
import { apply, ask, changeWords, invokeRaw } from "../support/world";
import { login, type Place } from "./place";
import type { Row } from "./rows";

/** A session of the engine's own, of another provisioner of the same cluster. */
function sessionOf({ world, postgresql: isPostgresql }: Place): Promise<EngineSession> {
  const { host, port, ca, admin } = world.server;
  return (isPostgresql ? postgresql : mysql).connect({
    host,
    port,
    username: admin.user,
    password: admin.password,
    adminDatabase: isPostgresql ? "postgres" : "",
    ca: [ca],
    cluster: world.cluster,
    applicationName: "db-access/frozen",
    deadline: Date.now() + 60_000,
  });
}

/** A DbUser's methods, with the function as it is at the moment. */
function userMethods(place: Place, told: string[], env: NodeJS.ProcessEnv = {}): Lifecycle {
  const client = createClient(
    {
      invoke: async (_ref, payload) => JSON.stringify(await invokeRaw(place.world, JSON.parse(payload))),
      parameter: () => Promise.reject(new Error("not asked")),
      store: () => Promise.reject(new Error("not asked")),
    },
    () => ({ requestTimeoutMs: 60_000, budgetMs: 1, resends: 0, firstDelayMs: 1, unreachableMs: 1 }),
  );
  return lifecycle("DbUser", { client: () => client, tell: (line) => told.push(line), env });
}

const userInputs = (place: Place, username: string): Properties => ({
  provisioner: place.world.target.ref,
  ownerKey: `acme/urn:pulumi:prod::orders::${username}`,
  username,
  auth: { kind: "password", secret: { name: `orders/${username}`, recoveryDays: 0 } },
  deletion: "drop",
});

/** Failures of the server's own state, of previews and of ends. */
export const serverRows: readonly Row[] = [
  {
    row: "F22",
    title: "a drop is blocked by what the login owns elsewhere: refused with the list, and nothing has changed",
    async run(place) {
      const who = await place.create(login("f22"));
      if (place.postgresql) await place.byHand("CREATE TABLE made (id int); ALTER TABLE made OWNER TO f22", "shop");
      else
        await place.byHand("CREATE DEFINER = 'f22'@'%' SQL SECURITY DEFINER VIEW made AS SELECT id FROM first", "shop");
      await refused(
        place.world,
        { claim: login("f22"), action: "remove" },
        { code: "OwnsObjects", says: [/made/, /shop/, /Nothing was changed/] },
      );
      assert.equal(await place.enter(who), "ok");
      await place.byHand(place.postgresql ? "DROP TABLE made" : "DROP VIEW made", "shop");
      await apply(place.world, { claim: login("f22"), action: "remove" });
      await place.gone("f22");
    },
  },
  {
    row: "F23",
    title: "a privilege is another grantor's: revoked as that role, or the failure names who is in the way",
    only: ["postgresql"],
    async run(place) {
      const who = await place.create(login("f23"));
      const reads = async (): Promise<boolean> => (await place.inShop(who, "SELECT * FROM passed")) === "ok";
      await apply(place.world, { claim: { kind: "role", name: "f23_middle", deletion: "drop" } });
      await place.byHand("GRANT CONNECT ON DATABASE shop TO f23");
      await place.asOwner("CREATE TABLE passed (id int); GRANT SELECT ON passed TO f23_middle WITH GRANT OPTION");
      await place.byHand("SET ROLE f23_middle; GRANT SELECT ON passed TO f23", "shop");
      await place.byHand("ALTER ROLE f23_middle SUPERUSER");
      const claim: GrantClaim = {
        kind: "grant",
        grantee: "f23",
        on: { kind: "tables", database: "shop", schema: "public", tables: ["passed"] },
        privileges: ["INSERT"],
        mode: "exclusive",
      };
      const error = await place.errorOf({ claim });
      assert.equal(error.code, "NotApplied");
      assert.match(error.message, /f23_middle is a superuser/);
      assert.ok(await reads());
      await place.byHand("ALTER ROLE f23_middle NOSUPERUSER");
      await apply(place.world, { claim });
      assert.ok(!(await reads()));
      assert.equal((await apply(place.world, { claim }))[0].status, "unchanged");
      await apply(place.world, { claim, action: "remove" });
      await place.asOwner("DROP TABLE passed");
      await apply(place.world, { claim: { kind: "role", name: "f23_middle", deletion: "drop" }, action: "remove" });
    },
  },
  {
    row: "F24",
    title: "who holds the cluster's lock is frozen: waited for, named, and got over when its session ends",
    async run(place) {
      const claim = login("f24");
      const frozen = await sessionOf(place);
      try {
        await frozen.lock(Date.now() + 10_000);
        const error = await place.withFunction({ workSeconds: 1 }, () => place.errorOf({ claim }));
        assert.deepEqual([error.code, error.transient], ["LockTimeout", true]);
        assert.match(
          error.message,
          place.postgresql ? /db-access\/frozen \(login dbadmin, pid \d+/ : /connection \d+ of/,
        );
        assert.ok(!(await place.exists("f24")));
        await place.endAdminSessions();
        await apply(place.world, { claim });
      } finally {
        await frozen.close();
      }
      await place.settled(claim);
    },
  },
  {
    row: "F28",
    title: "a preview with values that are not known yet asks nobody",
    only: ["postgresql"],
    async run(place) {
      const calls = place.world.stack.aws.calls.length;
      const methods = userMethods(place, []);
      const known = userInputs(place, "f28");
      for (const unknown of [
        { ...known, provisioner: UNKNOWN },
        { ...known, username: UNKNOWN },
        { ...known, auth: UNKNOWN },
      ]) {
        assert.deepEqual(methods.check({}, unknown).failures ?? [], []);
        assert.equal(methods.diff("the/id", known, unknown).changes, true);
      }
      assert.equal(place.world.stack.aws.calls.length, calls);
    },
  },
  {
    row: "F29",
    title: "the server is gone before its resources are: nothing is forgotten until somebody says so",
    only: ["postgresql"],
    async run(place) {
      const told: string[] = [];
      const inputs = userInputs(place, "f29");
      const { id, outs } = await userMethods(place, told).create(inputs);
      await place.withFunction({ env: { DB_ACCESS_PORT: "1" }, workSeconds: 1 }, async () => {
        for (const env of [{}, { DB_ACCESS_FORGET: "another" }])
          await assert.rejects(userMethods(place, told, env).delete(id, outs), /NetworkPathDatabase/);
        await userMethods(place, told, { DB_ACCESS_FORGET: place.world.cluster }).delete(id, outs);
      });
      assert.match(told.join("\n"), /f29 is forgotten without SQL/);
      // It was not gone after all: the same resource finds it again, and ends it.
      assert.ok(await place.exists("f29"));
      assert.equal((await userMethods(place, told).create(inputs)).id, id);
      await userMethods(place, told).delete(id, outs);
      await place.gone("f29");
    },
  },
  {
    row: "F30",
    title:
      "after an upgrade from 15 the admin has no ADMIN on its old roles: named with the fix before anything is done",
    only: ["postgresql"],
    // Until then a login that may create roles may change all of them.
    from: 16,
    async run(place) {
      const before = await place.create(login("f30"));
      const { user } = place.world.server.admin;
      await place.byHand(`REVOKE f30 FROM ${user}`);
      const claim = login("f30", { passwordVersion: 2 });
      const [planned] = await ask(place.world, "plan", [{ claim }]);
      const error = await place.errorOf({ claim });
      assert.equal(error.code, "NotAuthorized", error.message);
      assert.match(error.message, /ADMIN/);
      assert.match(error.message, /f30/);
      assert.ok(planned.error !== undefined || changeWords(planned).length > 0);
      assert.equal(await place.enter(before), "ok");
      await place.byHand(`GRANT f30 TO ${user} WITH ADMIN OPTION`);
      await apply(place.world, { claim });
      await place.settled(claim);
    },
  },
];
