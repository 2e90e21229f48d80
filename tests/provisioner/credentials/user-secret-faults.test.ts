import assert from "node:assert/strict";
import { deleteSecret, prepareSecret, promoteSecret } from "../../../provisioner/credentials/user-secret";
import type { PreparedSecret, SecretOrder } from "../../../provisioner/credentials/secret-order";
import { configOf, Endpoint, faults, idOf, loginOf, orderOf, promoted, record, type Seen } from "./endpoint";

describe("a login's secret, stopped before and after every call, and with every answer lost", () => {
  let endpoint: Endpoint;
  let count = 0;

  before(async () => {
    endpoint = await Endpoint.start();
  });
  after(async () => {
    await endpoint.stop();
  });

  const nextName = (): string => `orders/f${(count += 1)}`;
  const seen = (name: string): Seen => endpoint.seen(name);
  const make = promoted;

  /** Brings about what the order meets. */
  type Case = (name: string) => Promise<{ run: () => Promise<unknown>; check: () => void }>;
  const login = async (name: string, login = "app"): Promise<PreparedSecret> => make(orderOf(loginOf(login, { name })));
  const oneCurrent = (name: string, username: string, password?: string): void => {
    const { labelled, current, tags } = seen(name);
    assert.ok(
      labelled.every(({ stages }) => !stages.includes("AWSPENDING")),
      "something is pending",
    );
    assert.equal(labelled.filter(({ stages }) => stages.includes("AWSCURRENT")).length, 1);
    assert.equal(current.username, username);
    if (password !== undefined) assert.equal(current.password, password);
    // Its own id is left when a return is cut short at the very end, and means nothing.
    const former = tags["db-access:former"] ?? tags["db-access:principal"];
    assert.equal(former, tags["db-access:principal"], "still somebody else's");
  };
  /** As the caller does it: what is promoted is what the server was given. */
  const set = (order: SecretOrder, server: { password?: string }) => async (): Promise<void> => {
    const prepared = await prepareSecret(order);
    server.password = prepared.password;
    await promoteSecret(prepared);
  };
  const cases: Record<string, Case> = {
    "a first password": async (name) => {
      const server: { password?: string } = {};
      const run = set(orderOf(loginOf("app", { name })), server);
      return { run, check: () => oneCurrent(name, "app", server.password) };
    },
    "a reset": async (name) => {
      const { arn, password } = await login(name);
      const server: { password?: string } = {};
      const order = orderOf(loginOf("app", { name }), { generation: 2, credentials: record(arn) });
      const check = (): void => {
        oneCurrent(name, "app", server.password);
        assert.notEqual(server.password, password);
      };
      return { run: set(order, server), check };
    },
    "a rewriting": async (name) => {
      const { arn, password } = await login(name);
      const config = configOf({ DB_ACCESS_HOST: "new.example" });
      const more = { config, generation: 2, password: "current", credentials: record(arn) } as const;
      const check = (): void => {
        oneCurrent(name, "app", password);
        assert.equal(seen(name).current.host, "new.example");
      };
      return { run: set(orderOf(loginOf("app", { name }), more), {}), check };
    },
    "a move": async (name) => {
      const { arn, password } = await login(`${name}-old`);
      const more = { generation: 2, password: "current", secret: "move", credentials: record(arn) } as const;
      const order = orderOf(loginOf("app", { name }), more);
      const run = async (): Promise<void> => {
        await set(order, {})();
        await deleteSecret(arn, order.id, 7);
      };
      const check = (): void => {
        oneCurrent(name, "app", password);
        assert.equal(endpoint.look(`${name}-old`), undefined);
      };
      return { run, check };
    },
    "a move back": async (name) => {
      const { arn } = await login(name);
      const away = { generation: 2, secret: "move", credentials: record(arn) } as const;
      const { arn: there, password } = await make(orderOf(loginOf("app", { name: `${name}-away` }), away));
      await deleteSecret(arn, idOf(loginOf("app")), 7);
      const back = { generation: 3, password: "current", secret: "move", credentials: record(there) } as const;
      const order = orderOf(loginOf("app", { name }), back);
      const run = async (): Promise<void> => {
        await set(order, {})();
        await deleteSecret(there, order.id, 7);
      };
      return { run, check: () => oneCurrent(name, "app", password) };
    },
    "a replacement, created first": async (name) => {
      const { arn } = await login(name, "former");
      const server: { password?: string } = {};
      const run = async (): Promise<void> => {
        await set(orderOf(loginOf("next", { name })), server)();
        await deleteSecret(arn, idOf(loginOf("former")), 7);
      };
      return { run, check: () => oneCurrent(name, "next", server.password) };
    },
    "a replacement, deleted first": async (name) => {
      const { arn } = await login(name, "former");
      await deleteSecret(arn, idOf(loginOf("former")), 7);
      const server: { password?: string } = {};
      return {
        run: set(orderOf(loginOf("next", { name })), server),
        check: () => oneCurrent(name, "next", server.password),
      };
    },
    "a replacement that comes to nothing": async (name) => {
      const { password } = await login(name, "former");
      await prepareSecret(orderOf(loginOf("next", { name })));
      return {
        run: () => deleteSecret(name, idOf(loginOf("next")), 7),
        check: () => oneCurrent(name, "former", password),
      };
    },
    "a deletion with a replica": async (name) => {
      const { arn } = await login(name);
      await endpoint.secret("ReplicateSecretToRegions", {
        SecretId: arn,
        AddReplicaRegions: [{ Region: "eu-west-1" }],
      });
      return {
        run: () => deleteSecret(arn, idOf(loginOf("app")), 7),
        check: () => assert.equal(endpoint.look(name), undefined),
      };
    },
  };

  for (const [title, prepare] of Object.entries(cases))
    it(title, async () => {
      const first = await prepare(nextName());
      const calls = await endpoint.callsOf(first.run);
      first.check();
      for (const fault of faults)
        for (let at = 1; at <= calls.length; at += 1) {
          const { run, check } = await prepare(nextName());
          const error = await endpoint.failing(at, fault, run);
          assert.equal(error === undefined, fault === "lost", `${fault} ${calls[at - 1]} (${at}): ${String(error)}`);
          if (fault !== "lost") await run();
          try {
            check();
          } catch (cause) {
            throw new Error(`${fault} ${calls[at - 1]} (${at} of ${calls.join(", ")})`, { cause });
          }
        }
    }).timeout(60_000);
});
