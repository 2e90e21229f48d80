import assert from "node:assert/strict";
import type { GrantClaim } from "../../provisioner/protocol";
import { apply, ask, changingStatements, invokeRaw, logMark, requestOf } from "../support/world";
import { login, until, type Place } from "./place";
import type { Row } from "./rows";

/** Two grants to one login, on the database and on one table. */
const grants = (place: Place, grantee: string): GrantClaim[] => {
  const on = { kind: "tables", database: "shop", ...(place.postgresql ? { schema: "public" } : {}) } as const;
  const grant = { kind: "grant", grantee, mode: "additive" } as const;
  return [
    { ...grant, on: { ...on, tables: "*" }, privileges: ["SELECT"] },
    { ...grant, on: { ...on, tables: ["second"] }, privileges: ["INSERT"] },
  ];
};

/** Failures of a request on its way: crashes, lost answers, two at once. */
export const beginningRows: readonly Row[] = [
  {
    row: "F1",
    title: "crash after CreateSecret: the same password is taken up",
    async run(place) {
      const claim = login("f1");
      await place.dyingAt("after", "CreateSecret", [{ claim }]);
      assert.ok(!(await place.exists("f1")));
      const stored = await place.secret("f1");
      // Not by a comparison that would print them.
      assert.ok((await place.create(claim)).password === stored.password);
      await place.settled(claim);
    },
  },
  {
    row: "F1",
    title: "crash before CreateSecret: there is nothing to take up",
    async run(place) {
      const claim = login("f1_before");
      await place.dyingAt("before", "CreateSecret", [{ claim }]);
      await place.create(claim);
      await place.settled(claim);
    },
  },
  {
    row: "F1",
    title: "crash after CreateSecret and then no second try: the end of the claim takes the secret along",
    async run(place) {
      const claim = login("f1_given_up");
      await place.dyingAt("after", "CreateSecret", [{ claim }]);
      await apply(place.world, { claim, action: "remove" });
      await place.gone("f1_given_up");
    },
  },
  {
    row: "F2",
    title: "crash after the login was made and before that was written down",
    async run(place) {
      const claim = login("f2");
      let holder: Awaited<ReturnType<Place["hold"]>> | undefined;
      const stop = place.world.stack.aws.intercept(async (call) => {
        // The intent is written by now; nothing else can be.
        if (call.operation === "CreateSecret" && call.request.Name === "orders/f2")
          holder = await place.hold(
            ...(place.postgresql
              ? ["BEGIN", "LOCK TABLE db_access.claims IN SHARE MODE"]
              : ["LOCK TABLES db_access.claims READ"]),
          );
        return call.next();
      });
      const cut = assert.rejects(ask(place.world, "apply", [{ claim }]));
      await until(() => place.exists("f2"));
      await place.untilHeldUp();
      stop();
      place.killFunction();
      await cut;
      await place.endAdminSessions();
      await holder?.close();
      assert.deepEqual(await place.rows("f2"), [{ kind: "login", state: "intent" }]);
      await apply(place.world, { claim });
      await place.settled(claim);
    },
  },
  {
    row: "F3",
    title: "the client dies and the function finishes: the next create finds it done",
    async run(place) {
      const claim = login("f3");
      const forget = place.world.stack.lambda.afterInvoke((control) => control.dropResponse());
      await assert.rejects(ask(place.world, "apply", [{ claim }]));
      forget();
      const mark = logMark(place.world);
      const [result] = await apply(place.world, { claim });
      assert.equal(result.status, "unchanged");
      assert.ok(result.id?.endsWith("/f3") === true && result.outputs?.secretArn !== undefined);
      assert.deepEqual(changingStatements(place.world, mark), []);
      await place.settled(claim);
    },
  },
  {
    row: "F3",
    title: "the answer to a reset is lost: the same request again finds it done",
    async run(place) {
      await place.create(login("f3_reset"));
      const claim = login("f3_reset", { passwordVersion: 2 });
      const forget = place.world.stack.lambda.afterInvoke((control) => control.dropResponse());
      await assert.rejects(ask(place.world, "apply", [{ claim }]));
      forget();
      const stored = await place.secret("f3_reset");
      await place.settled(claim);
      assert.ok((await place.secret("f3_reset")).password === stored.password);
    },
  },
  {
    row: "F4",
    title: "the same request twice at once: one makes it, the other finds it made",
    async run(place) {
      for (const version of [1, 2]) {
        const claim = login("f4", { passwordVersion: version });
        const request = requestOf(place.world, "apply", [{ claim }]);
        const replies = await Promise.all([invokeRaw(place.world, request), invokeRaw(place.world, request)]);
        assert.deepEqual(replies.map(({ results }) => results[0]?.status).sort(), ["done", "unchanged"]);
        await place.settled(claim);
      }
    },
  },
  {
    row: "F5",
    title: "the function ends in the middle of a transaction: all of it is undone, and done when it is sent again",
    only: ["postgresql"],
    async run(place) {
      const before = [await place.create(login("f5_a")), await place.create(login("f5_b"))];
      const holder = await place.holdLogin("f5_b");
      const asks = ["f5_a", "f5_b"].map((name) => ({ claim: login(name, { passwordVersion: 2 }) }));
      const cut = assert.rejects(ask(place.world, "apply", asks));
      await place.untilHeldUp();
      place.killFunction();
      await cut;
      await place.endAdminSessions();
      await holder.close();
      for (const who of before) assert.equal(await place.enter(who), "ok");
      await apply(place.world, ...asks);
      for (const { claim } of asks) await place.settled(claim);
    },
  },
  {
    row: "F5",
    title: "the function's time runs out in the middle: it says so, and nothing of it is done or is done later",
    async run(place) {
      const before = await place.create(login("f5_late"));
      const claim = login("f5_late", { passwordVersion: 2 });
      const holder = await place.holdLogin("f5_late");
      const error = await place.withFunction({ workSeconds: 1 }, () => place.errorOf({ claim }));
      assert.deepEqual([error.code, error.transient], ["DeadlineExceeded", true], JSON.stringify(error));
      await place.endAdminSessions();
      await holder.close();
      assert.equal(await place.enter(before), "ok");
      await apply(place.world, { claim });
      await place.settled(claim);
    },
  },
  {
    row: "F6",
    title: "the function ends between two of several statements: the rest is done when it is sent again",
    only: ["mysql", "mariadb"],
    async run(place) {
      const claims = [login("f6_a"), login("f6_b")];
      const asks = [...claims, ...grants(place, "f6_a")].map((claim, at) => ({ claim, owner: `f6/${at}` }));
      await place.dyingAt("before", "CreateSecret", asks, "f6_b");
      const who = await place.secret("f6_a");
      assert.equal(await place.enter(who), "ok");
      assert.notEqual(await place.enter(who, "SELECT * FROM shop.first"), "ok");
      assert.ok(!(await place.exists("f6_b")));
      await apply(place.world, ...asks);
      for (const sql of ["SELECT * FROM shop.first", "INSERT INTO shop.second VALUES (1)"])
        assert.equal(await place.enter(who, sql), "ok");
      for (const { status } of await apply(place.world, ...asks)) assert.equal(status, "unchanged");
      await apply(place.world, ...asks.slice(2).map((asked) => ({ ...asked, action: "remove" as const })));
      for (const [at, claim] of claims.entries()) await place.settled(claim, asks[at].owner);
    },
  },
  {
    row: "F6",
    title: "the function ends between two grants to one login",
    // MySQL locks all tables of privileges for each of them.
    only: ["mariadb"],
    async run(place) {
      const claim = login("f6");
      const who = await place.create(claim);
      // What a grant on a table writes is held, and what one on a database writes is not.
      const holder = await place.hold("LOCK TABLES mysql.tables_priv READ");
      // A claim is known by its owner and the database.
      const asks = grants(place, "f6").map((grant, at) => ({ claim: grant, owner: `f6/${at}` }));
      const cut = assert.rejects(ask(place.world, "apply", asks));
      await place.untilHeldUp();
      place.killFunction();
      await cut;
      await place.endAdminSessions();
      await holder.close();
      assert.equal(await place.enter(who, "SELECT * FROM shop.first"), "ok");
      assert.notEqual(await place.enter(who, "INSERT INTO shop.second VALUES (2)"), "ok");
      await apply(place.world, ...asks);
      assert.equal(await place.enter(who, "INSERT INTO shop.second VALUES (2)"), "ok");
      for (const { status } of await apply(place.world, ...asks)) assert.equal(status, "unchanged");
      await apply(place.world, ...asks.map((asked) => ({ ...asked, action: "remove" as const })));
      await place.settled(claim);
    },
  },
];
