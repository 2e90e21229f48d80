import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsError } from "../../local/aws";
import { startServer, type RunningServer } from "../../local/servers";
import type { ErrorBody, Mode } from "../../provisioner/protocol";
import { secretsNow } from "../support/refusal";
import { loginAttempts, markOf } from "../support/server-log";
import { openSession } from "../support/session";
import {
  apply,
  ask,
  byHand,
  changeWords,
  changingStatements,
  invokeRaw,
  logMark,
  requestOf,
  startWorld,
  type Ask,
  type World,
} from "../support/world";
import { loginClaim, type Place } from "./place";
import { isPostgresql } from "./steps";

/** A server that is away for a while, in every way it can be. It has a server of its own, which it stops. */
export function ruleUnreachable(_place: () => Place, version: string): void {
  const postgresql = isPostgresql(version);

  describe("rule 10: a server that cannot be used for a while", () => {
    let world: World;
    /** The server's process at present. */
    let running: RunningServer;

    const known: Ask = { claim: loginClaim("r10_known") };
    const admin = (): string => world.server.admin.user;
    const setTimeout = (timeoutSeconds: number): Promise<void> =>
      world.stack.lambda.updateFunction(world.target.functionName, { timeoutSeconds });
    const errorOf = async (mode: Mode, asked: Ask): Promise<ErrorBody> => {
      const reply = await invokeRaw(world, requestOf(world, mode, [asked]));
      const error = reply.error ?? reply.results[0]?.error;
      assert.ok(error !== undefined, JSON.stringify(reply));
      return error;
    };
    /** Five seconds of a function's time are kept for the answer: two are left to try. */
    const refusedInTime = async (modes: Mode[], name: string): Promise<ErrorBody[]> => {
      await setTimeout(7);
      const secrets = secretsNow(world);
      const errors: ErrorBody[] = [];
      for (const mode of modes) errors.push(await errorOf(mode, { claim: loginClaim(name) }));
      await setTimeout(300);
      assert.equal(secretsNow(world), secrets);
      return errors;
    };
    /** A request that has met the server as it is, and comes through when that has passed. */
    const comesThrough = async (name: string, relieve: () => Promise<unknown>): Promise<void> => {
      const mark = markOf(world.server);
      const pending = apply(world, { claim: loginClaim(name) });
      while (loginAttempts(world.server, mark) === 0) await sleep(20);
      // The attempt has been answered by then, as nothing else happens there.
      await sleep(100);
      await relieve();
      await pending;
      const [again] = await ask(world, "plan", [{ claim: loginClaim(name) }]);
      assert.deepEqual([again.exists, changeWords(again)], [true, []]);
    };
    const startAgain = async (): Promise<void> => {
      const { spec, directory, port } = world.server;
      running = await startServer(spec, { directory, port });
    };
    const restart = async (between: (data: string) => void): Promise<void> => {
      await running.stop();
      between(path.join(world.server.directory, "data"));
      await startAgain();
    };
    const existing = (name: string): Promise<unknown[]> =>
      byHand(
        world,
        undefined,
        postgresql
          ? `SELECT 1 FROM pg_roles WHERE rolname = '${name}'`
          : `SELECT 1 FROM mysql.user WHERE user = '${name}'`,
      );

    before(async () => {
      world = await startWorld(version);
      running = world.server;
      await apply(world, known);
    });
    after(async () => {
      await running.stop();
      await world.stop();
    });

    it("no connection left: the step is named, and a request that waits comes through", async () => {
      const limit = (count: number): Promise<unknown> =>
        byHand(
          world,
          undefined,
          postgresql
            ? `ALTER ROLE ${admin()} CONNECTION LIMIT ${count === 0 ? -1 : 0}`
            : `ALTER USER '${admin()}'@'%' WITH MAX_USER_CONNECTIONS ${count}`,
        );
      await limit(1);
      // MySQL and MariaDB count those that were opened under the limit, and 0 is none.
      const holder = postgresql ? undefined : await openSession(world, world.server.admin);
      for (const error of await refusedInTime(["apply"], "r10_busy")) {
        assert.deepEqual([error.code, error.transient], ["Throttled", true], JSON.stringify(error));
        assert.match(error.message, /connect/);
      }
      assert.deepEqual(await existing("r10_busy"), []);
      await comesThrough("r10_busy", () => limit(0));
      await holder?.close();
    });

    it("read only, as after a failover: named, nothing begun, and a request that waits comes through", async () => {
      const readOnly = (on: boolean): Promise<unknown> =>
        byHand(world, undefined, `SET GLOBAL read_only = ${on ? "ON" : "OFF"}`);
      if (postgresql) await restart((data) => writeFileSync(path.join(data, "standby.signal"), ""));
      else await readOnly(true);
      for (const error of await refusedInTime(["apply"], "r10_replica")) {
        assert.deepEqual([error.code, error.transient], ["ServerReadOnly", true], JSON.stringify(error));
        assert.match(error.message, /writer/);
      }
      assert.deepEqual(await existing("r10_replica"), []);
      await comesThrough("r10_replica", () =>
        postgresql ? byHand(world, undefined, "SELECT pg_promote()") : readOnly(false),
      );
    });

    if (postgresql)
      it("a login whose transactions are read only: named, nothing begun, and the same request works afterwards", async () => {
        await byHand(world, undefined, `ALTER ROLE ${admin()} SET default_transaction_read_only = on`);
        for (const error of await refusedInTime(["apply"], "r10_frozen")) {
          assert.deepEqual([error.code, error.transient], ["ServerReadOnly", true], JSON.stringify(error));
          assert.match(error.message, /while writing the ledger; use the writer endpoint/);
        }
        assert.deepEqual(await existing("r10_frozen"), []);
        await byHand(world, undefined, `ALTER ROLE ${admin()} RESET default_transaction_read_only`);
        await apply(world, { claim: loginClaim("r10_frozen") });
        assert.equal((await existing("r10_frozen")).length, 1);
      });

    it("Secrets Manager that throttles for a moment is asked again", async () => {
      await world.stack.lambda.recycle(world.target.functionName);
      let left = 2;
      const throttled = new Set<string>();
      const stop = world.stack.aws.intercept((call) => {
        if (!["GetSecretValue", "CreateSecret"].includes(call.operation) || left === 0) return call.next();
        left -= 1;
        throttled.add(call.operation);
        throw new AwsError("ThrottlingException", "Rate exceeded");
      });
      await apply(world, { claim: loginClaim("r10_throttled") });
      stop();
      assert.deepEqual([left, throttled.size > 0], [0, true]);
      assert.equal((await existing("r10_throttled")).length, 1);
    });

    it("stopped: it is named, nothing is touched; started again: the same request ends done", async () => {
      const { server } = world;
      const mark = logMark(world);
      await running.stop();
      for (const error of await refusedInTime(["plan", "apply"], "r10_late")) {
        assert.deepEqual([error.code, error.transient], ["NetworkPathDatabase", true], JSON.stringify(error));
        assert.ok(error.message.includes(`${server.host}:${server.port}`), error.message);
      }
      const late: Ask = { claim: loginClaim("r10_late") };
      const request = requestOf(world, "apply", [late]);
      const start = startAgain();
      // Whoever sent the request repeats what takes the server longer than one invocation waits.
      for (let done = false; !done;) {
        const { error, results } = await invokeRaw(world, request);
        done = error === undefined;
        if (done) assert.deepEqual([results[0].status, results[0].error], ["done", undefined]);
        else assert.deepEqual([error?.code, error?.transient], ["NetworkPathDatabase", true], JSON.stringify(error));
      }
      await start;
      assert.ok(changingStatements(world, mark).some((statement) => /^CREATE (ROLE|USER)/.test(statement)));
      const quiet = logMark(world);
      await apply(world, known, late);
      assert.deepEqual(changingStatements(world, quiet), []);
    });
  });
}
