import assert from "node:assert/strict";
import * as fs from "node:fs";

import { prepared } from "../../../provisioner/engines/postgresql/saslprep";
import { derive } from "../../../provisioner/engines/postgresql/verifier";
import {
  codeIs,
  createLogin,
  createRole,
  drop,
  password,
  readQuery,
  run,
  standingMemberships,
  type Lab,
} from "./server";

export function loginTests(lab: Lab): void {
  describe("logins", () => {
    it("are created with their attributes and can log in", async () => {
      const session = await lab.connect();
      await run(
        session,
        createLogin("made", {
          attributes: { connectionLimit: 3, validUntil: "2040-05-06T07:08:09Z" },
          comment: "it's \\ mine",
        }),
      );
      assert.equal(await session.probe({ name: "made" }, password), "accepted");
      assert.equal(await session.probe({ name: "made" }, `${password}x`), "refused");
      const { principals } = await session.read(readQuery({ names: ["made"] }));
      assert.deepEqual(principals.get("made")?.accounts, [
        {
          account: { name: "made" },
          login: true,
          auth: "password",
          locked: false,
          requireTls: session.facts.forcesTls,
          connectionLimit: 3,
          validUntil: "2040-05-06T07:08:09.000Z",
          passwordExpires: null,
          system: false,
          administrable: true,
          settings: {},
        },
      ]);
      const superuser = await lab.superuser();
      const { rows } = await superuser.query(
        `SELECT shobj_description('made'::regrole, 'pg_authid') AS comment, rolpassword FROM pg_authid WHERE rolname = 'made'`,
      );
      assert.equal(rows[0].comment, "it's \\ mine");
      assert.match(rows[0].rolpassword, /^SCRAM-SHA-256\$4096:/);
      const log = fs.readFileSync(lab.server.logFile, "utf8");
      assert.ok(!log.includes(password));
      // Alone in the message that gives it its name, so that pgaudit can redact it; the server shows it with the call.
      assert.match(log, /DETAIL: {2}prepare: CREATE ROLE "made" [^;\n]*'\n/);
      assert.doesNotMatch(log, /(?:statement|STATEMENT): [^\n]*(?:\n\t[^\n]*)*;[^\n]*(?:\n\t[^\n]*)*SCRAM-SHA-256/);
    });

    it("are changed, locked and unlocked", async () => {
      const session = await lab.connect();
      const account = { name: "changed" };
      await run(session, createLogin("changed", { attributes: { connectionLimit: 3, locked: true } }));
      assert.deepEqual(
        [await session.probe(account, password), await session.probe(account, "wrong")],
        ["locked", "refused"],
      );
      await run(session, {
        op: "alterLogin",
        account,
        attributes: { connectionLimit: null, locked: false, validUntil: "2040-01-01T00:00:00.000Z" },
      });
      assert.equal(await session.probe(account, password), "accepted");
      await run(session, { op: "alterLogin", account, attributes: { validUntil: null } });
      const [state] = (await session.read(readQuery({ names: ["changed"] }))).principals.get("changed")?.accounts ?? [];
      assert.deepEqual([state.connectionLimit, state.validUntil, state.locked], [null, null, false]);
    });

    it("get a new password", async () => {
      const session = await lab.connect();
      const other = "An0ther-pass~word.16";
      await run(session, createLogin("reset"));
      await session.run({
        operations: [{ op: "setPassword", account: { name: "reset" } }],
        verifiers: new Map([["reset", session.verifier(other)]]),
      });
      assert.equal(await session.probe({ name: "reset" }, other), "accepted");
      assert.equal(await session.probe({ name: "reset" }, password), "refused");
    });

    it("have passwords of any writing, prepared as the server does it", async () => {
      const session = await lab.connect();
      const superuser = await lab.superuser();
      await run(session, createLogin("written"));
      const written = [
        'it\'s "q" \\ %s %41 $1 `',
        " Grüße ",
        "пароль密码",
        "🔑 = key",
        "a\u00A0e\u0301",
        "\uFB01sh\u00AD Ⅸ",
      ];
      for (const text of written) {
        await superuser.query(`ALTER ROLE written PASSWORD ${superuser.escapeLiteral(text)}`);
        const { rows } = await superuser.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'written'");
        const [, iterations, salt] = rows[0].rolpassword.split(/[$:]/);
        assert.equal(derive(prepared(text), Buffer.from(salt, "base64"), Number(iterations)), rows[0].rolpassword);
        await session.run({
          operations: [{ op: "setPassword", account: { name: "written" } }],
          verifiers: new Map([["written", session.verifier(text)]]),
        });
        assert.equal(await session.probe({ name: "written" }, text), "accepted");
      }
    });

    it("are accepted without CONNECT, because the password is looked at first", async () => {
      const session = await lab.connect();
      await run(session, createLogin("unconnected"));
      assert.equal(await session.probe({ name: "unconnected" }, password, "rdsadmin"), "accepted");
      assert.equal(await session.probe({ name: "unconnected" }, "wrong", "rdsadmin"), "refused");
      assert.equal(await session.probe({ name: "unconnected" }, password, "no_such_database"), "accepted");
    });

    it("are accepted when their connections are all taken", async () => {
      const session = await lab.connect();
      await run(session, createLogin("full", { attributes: { connectionLimit: 1 } }));
      await lab.as({ user: "full", password });
      assert.equal(await session.probe({ name: "full" }, password), "accepted");
      assert.equal(await session.probe({ name: "full" }, "wrong"), "refused");
    });

    it("lose their sessions after a lock", async () => {
      const session = await lab.connect();
      const account = { name: "kicked" };
      await run(session, createLogin("kicked"));
      const client = await lab.as({ user: "kicked", password });
      const ended = new Promise((resolve) => client.once("end", resolve));
      await run(session, { op: "lockLogin", account }, { op: "endSessions", account });
      await ended;
      assert.equal(await session.probe(account, password), "locked");
    });

    it("lose their sessions to a provisioner without pg_signal_backend", async () => {
      const superuser = await lab.superuser();
      await superuser.query("REVOKE pg_signal_backend FROM rds_superuser");
      try {
        const session = await lab.connect();
        await run(session, createLogin("signalled"));
        const client = await lab.as({ user: "signalled", password });
        const ended = new Promise((resolve) => client.once("end", resolve));
        await run(session, { op: "endSessions", account: { name: "signalled" } });
        await ended;
        assert.deepEqual(await standingMemberships(superuser, lab.server.admin.user), []);
      } finally {
        await superuser.query(`GRANT pg_signal_backend TO rds_superuser${lab.major >= 16 ? " WITH ADMIN TRUE" : ""}`);
      }
    });

    it("keep names that need quoting", async () => {
      const session = await lab.connect();
      const names = ['we"ird', "dotted.name", "Groß Ünïcode 日本", "tick'y\\back", "select"];
      await run(session, ...names.map((name) => createLogin(name)));
      const { principals } = await session.read(readQuery({ names }));
      assert.deepEqual([...principals.keys()].sort(), [...names].sort());
      for (const name of names) assert.equal(await session.probe({ name }, password), "accepted");
      await run(session, ...names.map(drop));
      assert.equal((await session.read(readQuery({ names }))).principals.size, 0);
    });

    it("and roles that are there already are named, and nothing else is done", async () => {
      const session = await lab.connect();
      await run(session, createLogin("taken"), createRole("taken_role"));
      await assert.rejects(
        run(session, createLogin("before_taken"), createLogin("taken")),
        codeIs("UserExists", /taken/),
      );
      await assert.rejects(run(session, createRole("taken_role")), codeIs("RoleExists", /taken_role/));
      assert.equal((await session.read(readQuery({ names: ["before_taken"] }))).principals.size, 0);
    });

    it("are never created without a valid verifier", async () => {
      const session = await lab.connect();
      for (const verifier of [undefined, "", password, "SCRAM-SHA-256$4096:short$a:b"]) {
        const verifiers = new Map(verifier === undefined ? [] : [["unverified", verifier]]);
        await assert.rejects(session.run({ operations: [createLogin("unverified")], verifiers }), codeIs("Unexpected"));
      }
      assert.equal((await session.read(readQuery({ names: ["unverified"] }))).principals.size, 0);
    });

    it("of the server and the provisioner itself are marked", async () => {
      const session = await lab.connect();
      const names = ["rdsadmin", "rds_superuser", "pg_monitor", lab.server.admin.user];
      const { principals } = await session.read(readQuery({ names }));
      assert.deepEqual(
        names.map((name) => principals.get(name)?.accounts[0].system),
        [true, true, true, true],
      );
      assert.equal(principals.get("rdsadmin")?.accounts[0].administrable, false);
    });

    it("made by somebody else can be administered where the server allows it", async () => {
      const superuser = await lab.superuser();
      await superuser.query("CREATE ROLE foreign_made LOGIN");
      const session = await lab.connect();
      const [state] =
        (await session.read(readQuery({ names: ["foreign_made"] }))).principals.get("foreign_made")?.accounts ?? [];
      assert.equal(state.administrable, lab.major < 16);
      const change = run(session, {
        op: "alterLogin",
        account: { name: "foreign_made" },
        attributes: { connectionLimit: 1 },
      });
      if (lab.major < 16) await change;
      else await assert.rejects(change, codeIs("NotAuthorized"));
    });
  });
}
