import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsTransport, createClient, type Client } from "../../components/client";
import { AwsError, ConnectionLost } from "../../local/aws";
import { createTlsMaterial } from "../../local/servers/tls";
import type { ErrorBody } from "../../provisioner/protocol";
import { refusedLogins, markOf, loginAttempts } from "../support/server-log";
import { openSession } from "../support/session";
import { apply } from "../support/world";
import { login, type Place } from "./place";
import type { Row } from "./rows";

const throttling = (): Error => new AwsError("ThrottlingException", "Rate exceeded");

/** The package's own client, as a Pulumi program has it. */
async function withClient(place: Place, run: (client: Client) => Promise<unknown>): Promise<void> {
  const environment = { ...process.env };
  Object.assign(process.env, place.world.stack.env());
  try {
    await run(createClient(new AwsTransport()));
  } finally {
    process.env = environment;
  }
}

const submit = (place: Place, client: Client, name: string) =>
  client.submit({
    ref: place.world.target.ref,
    mode: "apply",
    request: { action: "ensure", owner: "test", claim: login(name) },
  });

/** A cluster that is shut says so, and the same request is done when it is open again. */
async function shutAndOpen(
  place: Place,
  name: string,
  shut: () => Promise<ErrorBody>,
  expected: [code: string, transient: boolean | undefined],
  says: RegExp,
): Promise<void> {
  const claim = login(name);
  const error = await shut();
  assert.deepEqual([error.code, error.transient], expected, error.message);
  assert.match(error.message, says);
  assert.ok(!(await place.exists(name)));
  assert.deepEqual(await place.rows(name), []);
  await assert.rejects(place.secret(name));
  await apply(place.world, { claim });
  await place.settled(claim);
}

/** Failures on the way to the function, to Secrets Manager and to the server. */
export const reachRows: readonly Row[] = [
  {
    row: "F14",
    title:
      "the admin's password is rotated between the fetch and the connect: one refusal, and the same request goes on",
    async run(place) {
      const { world } = place;
      const { admin } = world.server;
      const secret = (password: string): Promise<unknown> =>
        world.stack.aws.direct("secretsmanager", "PutSecretValue", {
          SecretId: world.target.adminSecretArn,
          SecretString: JSON.stringify({ username: admin.user, password }),
        });
      const setAdmin = (password: string): Promise<unknown> => place.setPasswordByHand(admin.user, password);
      await place.coldStart();
      let rotated = false;
      const stop = world.stack.aws.intercept(async (call) => {
        const answer = await call.next();
        if (!rotated && call.operation === "GetSecretValue") {
          rotated = true;
          await setAdmin("rotated-Meanwhile-1");
          await secret("rotated-Meanwhile-1");
        }
        return answer;
      });
      const mark = markOf(world.server);
      const claim = login("f14");
      try {
        await apply(world, { claim });
        assert.equal(refusedLogins(world.server, mark), 1);
      } finally {
        stop();
        await setAdmin(admin.password);
        await secret(admin.password);
      }
      await place.settled(claim);
    },
  },
  {
    row: "F15",
    title: "the server may not be written, as a reader or after a failover",
    run: (place) => {
      const { admin } = place.world.server;
      const readOnly = (on: boolean): Promise<unknown> =>
        place.byHand(
          place.postgresql
            ? `ALTER ROLE ${admin.user} ${on ? "SET default_transaction_read_only = on" : "RESET default_transaction_read_only"}`
            : `SET GLOBAL read_only = ${on ? "ON" : "OFF"}`,
        );
      return shutAndOpen(
        place,
        "f15",
        async () => {
          await readOnly(true);
          try {
            return await place.withFunction({ workSeconds: 1 }, () => place.errorOf({ claim: login("f15") }));
          } finally {
            await readOnly(false);
          }
        },
        ["ServerReadOnly", true],
        /writer endpoint/,
      );
    },
  },
  {
    row: "F15",
    title: "the server ends the connection in the middle of a change",
    async run(place) {
      const before = await place.create(login("f15_cut"));
      const claim = login("f15_cut", { passwordVersion: 2 });
      const holder = await place.holdLogin("f15_cut");
      const error = place.errorOf({ claim });
      await place.untilHeldUp();
      await place.endAdminSessions();
      const { code, transient, message } = await error;
      await holder.close();
      assert.deepEqual([code, transient], ["NetworkPathDatabase", true], message);
      assert.equal(await place.enter(before), "ok");
      await apply(place.world, { claim });
      await place.settled(claim);
    },
  },
  {
    row: "F17",
    title: "the server has no connection left: waited for, and then said",
    run: (place) => {
      const { world } = place;
      const { admin } = world.server;
      const limit = (count: number): Promise<unknown> =>
        place.byHand(
          place.postgresql
            ? `ALTER ROLE ${admin.user} CONNECTION LIMIT ${count === 0 ? -1 : 0}`
            : `ALTER USER '${admin.user}'@'%' WITH MAX_USER_CONNECTIONS ${count}`,
        );
      return shutAndOpen(
        place,
        "f17",
        async () => {
          await limit(1);
          // MySQL and MariaDB count those that were opened under the limit.
          const holder = place.postgresql ? undefined : await openSession(world, admin);
          const mark = markOf(world.server);
          try {
            const error = await place.withFunction({ workSeconds: 1 }, () => place.errorOf({ claim: login("f17") }));
            assert.ok(loginAttempts(world.server, mark) > 1, "tried again");
            return error;
          } finally {
            await limit(0);
            await holder?.close();
          }
        },
        ["Throttled", true],
        /connect/,
      );
    },
  },
  {
    row: "F18",
    title: "the function is inactive, and then pending: the client waits for it",
    only: ["postgresql"],
    async run(place) {
      const { lambda } = place.world.stack;
      const { functionName } = place.world.target;
      lambda.setState(functionName, "Inactive");
      await withClient(place, async (client) => {
        const result = submit(place, client, "f18");
        while (lambda.get(functionName).state !== "Pending") await sleep(10);
        await sleep(300);
        lambda.setState(functionName, "Active");
        assert.equal((await result).status, "done");
      });
      await place.settled(login("f18"));
    },
  },
  {
    row: "F19",
    title: "the function's concurrency is used up: the clients take turns",
    only: ["postgresql"],
    async run(place) {
      const { lambda } = place.world.stack;
      const { functionName } = place.world.target;
      await lambda.updateFunction(functionName, { reservedConcurrency: 1 });
      const names = ["f19_a", "f19_b", "f19_c"];
      try {
        await withClient(place, async () => {
          // Each of them like a program of its own.
          const all = names.map((name) => submit(place, createClient(new AwsTransport()), name));
          for (const { status } of await Promise.all(all)) assert.equal(status, "done");
        });
      } finally {
        await lambda.updateFunction(functionName, { reservedConcurrency: undefined });
      }
      for (const name of names) await place.settled(login(name));
    },
  },
  {
    row: "F19",
    title: "Secrets Manager throttles five times: said as passing, with the login as it was, and done later",
    only: ["postgresql"],
    async run(place) {
      const before = await place.create(login("f19_secret"));
      const claim = login("f19_secret", { passwordVersion: 2 });
      let times = 0;
      const error = await place.answering(
        "PutSecretValue",
        () => {
          times += 1;
          return throttling();
        },
        () => place.errorOf({ claim }),
      );
      assert.deepEqual([error.code, error.transient, times], ["Throttled", true, 5]);
      assert.equal(await place.enter(before), "ok");
      await apply(place.world, { claim });
      await place.settled(claim);
    },
  },
  {
    row: "F20",
    title: "no way to Secrets Manager: named as that way",
    only: ["postgresql"],
    run: (place) =>
      shutAndOpen(
        place,
        "f20",
        async () => {
          await place.coldStart();
          return place.answering(
            "GetSecretValue",
            () => new ConnectionLost(),
            () => place.errorOf({ claim: login("f20") }),
          );
        },
        ["NetworkPathSecrets", true],
        /interface endpoint/,
      ),
  },
  {
    row: "F20",
    title: "no way to the server: named as that way, with the address",
    run: (place) =>
      shutAndOpen(
        place,
        "f20_server",
        () =>
          place.withFunction({ env: { DB_ACCESS_PORT: "1" }, workSeconds: 1 }, () =>
            place.errorOf({ claim: login("f20_server") }),
          ),
        ["NetworkPathDatabase", true],
        /localhost:1\b.*security groups/s,
      ),
  },
  {
    row: "F21",
    title: "the certificate is another authority's: refused with the fix, and no password is sent",
    run: (place) =>
      shutAndOpen(
        place,
        "f21",
        async () => {
          const file = path.join(path.dirname(place.world.server.caFile), "other-ca.crt");
          writeFileSync(file, createTlsMaterial().ca);
          const mark = markOf(place.world.server);
          const error = await place.withFunction({ env: { DB_ACCESS_CA_FILE: file } }, () =>
            place.errorOf({ claim: login("f21") }),
          );
          assert.equal(refusedLogins(place.world.server, mark), 0);
          return error;
        },
        ["TlsUntrusted", undefined],
        /not signed by a trusted authority.*CA bundle/,
      ),
  },
  {
    row: "F21",
    title: "the certificate is for another name: refused, and no password is sent",
    run: (place) =>
      shutAndOpen(
        place,
        "f21_name",
        async () => {
          const mark = markOf(place.world.server);
          const error = await place.withFunction({ env: { DB_ACCESS_TLS_SERVER_NAME: "elsewhere.example" } }, () =>
            place.errorOf({ claim: login("f21_name") }),
          );
          assert.equal(refusedLogins(place.world.server, mark), 0);
          return error;
        },
        ["TlsUntrusted", undefined],
        /elsewhere\.example|name/,
      ),
  },
];
