import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as net from "node:net";
import type { Account } from "../../../provisioner/access/account";
import { findAccount, type AccountState } from "../../../provisioner/access/server";
import type { EngineSession } from "../../../provisioner/engines/engine";
import { startClearPasswordServer } from "./clear-password-server";
import { codeIs, createLogin, everywhere, password, readQuery, rows, run, type Lab } from "./server";

const next = `${password}-next`;
const third = `${password}-third`;

async function stateOf(session: EngineSession, account: Account): Promise<AccountState> {
  const state = findAccount(await session.read(readQuery({ names: [account.name] })), account);
  assert.ok(state, account.name);
  return state;
}

const change = (session: EngineSession, op: "addPassword" | "setPassword", account: Account, to: string) =>
  session.run({
    operations: [{ op, account }],
    verifiers: new Map([[`${account.name}\u0000${account.host ?? ""}`, session.verifier(to)]]),
  });

export function passwordTests(lab: Lab): void {
  describe("a probe of a password", () => {
    it("tells a lock, a limit and an expired password from a wrong one", async () => {
      const session = await lab.connect();
      const app = everywhere("probe_app");
      const probes = async () => [await session.probe(app, password), await session.probe(app, "wrong")];
      await run(session, createLogin(app, { attributes: { connectionLimit: 1 } }));
      const own = await lab.as({ user: app.name, password });
      assert.deepEqual(await probes(), ["accepted", "refused"]);
      await own.end();
      await run(session, { op: "lockLogin", account: app });
      assert.deepEqual(await probes(), ["locked", "refused"]);
      await run(session, { op: "alterLogin", account: app, attributes: { locked: false } });
      await (await lab.as(lab.server.superuser)).query("ALTER USER ? PASSWORD EXPIRE", [app.name]);
      assert.deepEqual(await probes(), ["accepted", "refused"]);
    });

    it("sends no password in clear, though the provisioner's own is an IAM token", async () => {
      const asking = await startClearPasswordServer();
      let target = lab.server.port;
      const between = net.createServer((socket) => {
        const forward = net.connect(target, "127.0.0.1");
        socket.pipe(forward).pipe(socket);
        for (const side of [socket, forward]) side.on("error", () => side.destroy());
      });
      await new Promise<void>((resolve) => between.listen(0, "127.0.0.1", resolve));
      const { port } = between.address() as net.AddressInfo;
      try {
        const session = await lab.connect({ iam: true, port, ca: [lab.server.ca, asking.ca] });
        target = asking.port;
        assert.equal(await session.probe(everywhere("probe_clear"), password), "refused");
        const heard = Buffer.concat([...asking.heard.plain, ...asking.heard.inside]).toString("latin1");
        assert.ok(heard.includes("probe_clear") && !heard.includes(password));
      } finally {
        between.close();
        await asking.stop();
      }
    });
  });

  describe("a stored password", () => {
    it("is recognised without a login, and one that cannot be is not guessed", async () => {
      const session = await lab.connect();
      const admin = await lab.as(lab.server.superuser);
      const foreign = lab.isMariaDb ? "IDENTIFIED VIA unix_socket" : "IDENTIFIED WITH sha256_password BY 'by-hand-0'";
      await admin.query(`CREATE USER stored_elsewhere ${foreign}`);
      await admin.query(
        `CREATE USER stored_nothing ${lab.isMariaDb ? "" : "IDENTIFIED WITH caching_sha2_password AS ''"}`,
      );
      const app = everywhere("stored_app");
      await run(session, createLogin(app), {
        op: "createRole",
        account: lab.role("stored_role"),
        comment: "",
      });
      const verdict = async (account: Account, text: string) => session.matches(await stateOf(session, account), text);
      assert.equal(await verdict(app, password), "first");
      assert.equal(await verdict(app, next), "no");
      assert.equal(await verdict(everywhere("stored_nothing"), password), "no");
      assert.equal(await verdict(lab.role("stored_role"), password), "no");
      assert.equal(await verdict(everywhere("stored_elsewhere"), "by-hand-0"), undefined);
      assert.equal(await verdict(everywhere(lab.server.admin.user), lab.server.admin.password), undefined);
      // What the server made itself, with its own number of rounds.
      await admin.query("CREATE USER stored_by_hand IDENTIFIED BY 'by-hand-0'");
      assert.equal(await verdict(everywhere("stored_by_hand"), "by-hand-0"), "first");
    });
  });

  if (lab.isMariaDb)
    describe("a second password", () => {
      it("is refused before anything happens", async () => {
        const session = await lab.connect();
        assert.equal(session.facts.dualPasswords, false);
        const app = everywhere("dual_app");
        for (const op of ["addPassword", "discardPassword"] as const)
          await assert.rejects(
            run(session, createLogin(app), { op, account: app }),
            codeIs("NotSupported", /alternating/),
          );
        assert.equal((await session.read(readQuery({ names: [app.name] }))).principals.size, 0);
      });
    });
  else dualTests(lab);
}

function dualTests(lab: Lab): void {
  describe("a second password", () => {
    const dual = async (name: string) => {
      const session = await lab.connect();
      const app = everywhere(name);
      await run(session, createLogin(app));
      const accepted = async (account = app) => {
        const state = await stateOf(session, account);
        const answers: string[] = [];
        for (const each of [password, next, third]) {
          const probe = await session.probe(account, each);
          answers.push(`${probe === "accepted" ? "in" : "out"} ${String(session.matches(state, each))}`);
        }
        return answers;
      };
      return { session, app, accepted };
    };

    it("is valid beside the first until it is ended, and ending it twice is no error", async () => {
      const { session, app, accepted } = await dual("dual_app");
      assert.equal(session.facts.dualPasswords, true);
      assert.equal((await stateOf(session, app)).secondVerifier, undefined);
      await change(session, "addPassword", app, next);
      assert.deepEqual(await accepted(), ["in second", "in first", "out no"]);
      // It stays with everything else that may change meanwhile.
      const to = { name: app.name, host: "127.0.0.1" };
      const attributes = { connectionLimit: 9, requireTls: true };
      await run(session, { op: "alterLogin", account: app, attributes }, { op: "renameAccount", account: app, to });
      assert.deepEqual(await accepted(to), ["in second", "in first", "out no"]);
      for (let count = 0; count < 2; count++) await run(session, { op: "discardPassword", account: to });
      assert.deepEqual(await accepted(to), ["out no", "in first", "out no"]);
      assert.equal((await stateOf(session, to)).secondVerifier, undefined);
    });

    it("ends the one before it, and a reset ends all", async () => {
      const { session, app, accepted } = await dual("dual_reset");
      await change(session, "addPassword", app, next);
      await change(session, "addPassword", app, third);
      assert.deepEqual(await accepted(), ["out no", "in second", "in first"]);
      await change(session, "setPassword", app, password);
      assert.deepEqual(await accepted(), ["in first", "out no", "out no"]);
    });

    it("is not possible beside none, beside another plugin's, and for nobody", async () => {
      const session = await lab.connect();
      const admin = await lab.as(lab.server.superuser);
      await admin.query("CREATE USER dual_none IDENTIFIED WITH caching_sha2_password AS ''");
      await admin.query("CREATE USER dual_other IDENTIFIED WITH sha256_password BY 'by-hand-0'");
      for (const [name, reason] of [
        ["dual_none", /has no password so far.*Reset the password/],
        ["dual_other", /does not log in with caching_sha2_password.*Reset the password/],
      ] as const) {
        const before = await stateOf(session, everywhere(name));
        await assert.rejects(change(session, "addPassword", everywhere(name), next), codeIs("NotSupported", reason));
        assert.deepEqual(await stateOf(session, everywhere(name)), before);
      }
      assert.equal(await session.probe(everywhere("dual_other"), "by-hand-0"), "accepted");
      for (const op of ["addPassword", "discardPassword"] as const)
        await assert.rejects(run(session, { op, account: everywhere("dual_nobody") }), codeIs("ObjectMissing"));
      await change(session, "setPassword", everywhere("dual_other"), password);
      await change(session, "addPassword", everywhere("dual_other"), next);
      assert.equal(await session.probe(everywhere("dual_other"), password), "accepted");
    });

    it("is asked for once, also when the answer is lost", async () => {
      const { session, app } = await dual("dual_lost");
      const admin = await lab.as(lab.server.superuser);
      await admin.query("FLUSH TABLES WITH READ LOCK");
      const lost = assert.rejects(change(session, "addPassword", app, next), codeIs("NetworkPathDatabase"));
      const waiting = "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE INFO LIKE 'ALTER USER%dual_lost%'";
      let found = await rows(admin, waiting);
      for (; found.length === 0; found = await rows(admin, waiting)) await new Promise((done) => setTimeout(done, 10));
      await admin.query("KILL ?", [found[0]?.id]);
      await lost;
      await admin.query("UNLOCK TABLES");
      const sent = fs.readFileSync(lab.server.logFile, "latin1").match(/ALTER USER [^\n]*dual_lost[^\n]*RETAIN/g);
      assert.equal(sent?.length, 1);
      const again = await lab.connect();
      assert.equal(await again.probe(app, password), "accepted");
      assert.equal(again.matches(await stateOf(again, app), password), "first");
    });
  });
}
