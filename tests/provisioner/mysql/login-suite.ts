import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { findAccount } from "../../../provisioner/access/server";
import { matches } from "../../../provisioner/engines/mysql";
import {
  codeIs,
  createLogin,
  everywhere,
  grant,
  heldBy,
  item,
  password,
  readQuery,
  rows,
  run,
  type Lab,
} from "./server";

export function loginTests(lab: Lab): void {
  describe("logins", () => {
    it("log in with the verifier, and only with TLS", async () => {
      const session = await lab.connect();
      const app = everywhere("login_app");
      await run(session, createLogin(app));
      assert.equal(await session.probe(app, password), "accepted");
      assert.equal(await session.probe(app, `${password}x`), "refused");
      assert.equal(await session.probe(everywhere("nobody_at_all"), password), "refused");
      const own = await lab.as({ user: app.name, password });
      assert.equal((await rows(own, "SELECT 1 AS one"))[0]?.one, 1);
      await assert.rejects(lab.as({ user: app.name, password }, false), { errno: 1045 });
    });

    it("are read as they were made", async () => {
      const session = await lab.connect();
      const app = { name: "login_attributes", host: "10.0.%" };
      const attributes = { requireTls: true, connectionLimit: 7, passwordExpires: 90, locked: true };
      const changed = Date.now();
      await run(session, createLogin(app, { attributes }));
      const read = async () => findAccount(await session.read(readQuery({ names: [app.name] })), app);
      const state = await read();
      assert.ok(state?.storedVerifier !== undefined && matches(state.storedVerifier, password));
      assert.ok(Math.abs(Date.parse(state.passwordLastChanged ?? "") - changed) < 5000, state.passwordLastChanged);
      assert.deepEqual(state, {
        ...state,
        account: app,
        login: true,
        auth: "password",
        locked: true,
        requireTls: true,
        connectionLimit: 7,
        validUntil: null,
        passwordExpires: 90,
        system: false,
        administrable: true,
      });

      const after = { requireTls: false, connectionLimit: null, passwordExpires: null, locked: false };
      await run(session, { op: "alterLogin", account: app, attributes: after });
      const second = await read();
      assert.deepEqual(
        {
          requireTls: second?.requireTls,
          connectionLimit: second?.connectionLimit,
          passwordExpires: second?.passwordExpires,
          locked: second?.locked,
        },
        after,
      );
    });

    it("have limits, which hold, and change one by one", async () => {
      const session = await lab.connect();
      const app = everywhere("login_limits");
      const limits = { queriesPerHour: 4, updatesPerHour: 3, connectionsPerHour: 2 };
      await run(session, createLogin(app, { attributes: { limits } }));
      const read = async () => findAccount(await session.read(readQuery({ names: [app.name] })), app);
      assert.deepEqual((await read())?.limits, limits);
      assert.equal((await read())?.connectionLimit, null);
      const own = await lab.as({ user: app.name, password });
      const until = async () => {
        for (let done = 0; ; done++) {
          const error = await own.query("SELECT 1").then(
            () => undefined,
            (reason: { errno: number }) => reason.errno,
          );
          if (error !== undefined || done > 10) return error;
        }
      };
      assert.equal(await until(), 1226);

      await run(session, { op: "alterLogin", account: app, attributes: { connectionLimit: 9 } });
      assert.deepEqual([(await read())?.limits, (await read())?.connectionLimit], [limits, 9]);
      const none = { queriesPerHour: 0, updatesPerHour: 0, connectionsPerHour: 0 };
      await run(session, { op: "alterLogin", account: app, attributes: { limits: none } });
      assert.deepEqual([(await read())?.limits, (await read())?.connectionLimit], [none, 9]);
      await (await lab.as({ user: app.name, password })).query("SELECT 1");
    });

    it("keep unusual names apart", async () => {
      const session = await lab.connect();
      const accounts = [
        everywhere("zoë"),
        everywhere("密码用户"),
        everywhere("Case"),
        everywhere("case"),
        { name: "case", host: "10.%" },
        everywhere("a.b-c d%"),
        everywhere("at@sign"),
        { name: "at@sign", host: "10.%" },
        everywhere("n".repeat(session.facts.maxNameLength)),
      ];
      await run(session, ...accounts.map((account) => createLogin(account)));
      await run(session, grant(...accounts.map((account) => item(account, { database: "zoë_数据" }))));
      const names = [...new Set(accounts.map((account) => account.name))];
      const state = await session.read(readQuery({ names }));
      for (const account of accounts) {
        assert.ok(findAccount(state, account), account.name);
        const held = state.items.filter((each) => each.grantee === findAccount(state, account)?.account);
        assert.deepEqual(
          held.map((each) => each.database),
          ["zoë_数据"],
          account.name,
        );
      }
      assert.equal(state.principals.get("case")?.accounts.length, 2);
      assert.equal(await session.probe(everywhere("zoë"), password), "accepted");
      await run(session, ...accounts.map((account) => ({ op: "dropPrincipal", account }) as const));
      assert.equal((await session.read(readQuery({ names }))).principals.size, 0);
    });

    it("that exist already are somebody else's", async () => {
      const session = await lab.connect();
      const app = everywhere("login_twice");
      await run(session, createLogin(app));
      await assert.rejects(run(session, createLogin(app)), codeIs("UserExists"));
      const role = lab.role("role_twice");
      await run(session, { op: "createRole", account: role, comment: "" });
      await assert.rejects(run(session, { op: "createRole", account: role, comment: "" }), codeIs("RoleExists"));
    });

    it("get a new password, and the old ones end", async () => {
      const session = await lab.connect();
      const app = everywhere("login_password");
      await run(session, createLogin(app));
      if (!lab.isMariaDb) {
        const admin = await lab.as(lab.server.superuser);
        await admin.query("ALTER USER ? IDENTIFIED BY 'by-hand-0' RETAIN CURRENT PASSWORD", [app.name]);
        assert.equal(await session.probe(app, password), "accepted");
      }
      const next = `${password}-next`;
      const verifiers = new Map([[`${app.name}\u0000%`, session.verifier(next)]]);
      await session.run({ operations: [{ op: "setPassword", account: app }], verifiers });
      assert.equal(await session.probe(app, next), "accepted");
      assert.equal(await session.probe(app, password), "refused");
      assert.equal(await session.probe(app, "by-hand-0"), "refused");
    });

    it("are never made for IAM while the plugin is missing", async () => {
      const session = await lab.connect();
      assert.equal(session.facts.iamAvailable, false);
      const first = everywhere("login_first");
      const iam = everywhere("login_iam");
      const both = run(session, createLogin(first), createLogin(iam, { auth: "iam" }));
      await assert.rejects(both, codeIs("IamUnavailable", /IAM database authentication/));
      assert.equal((await session.read(readQuery({ names: [first.name, iam.name] }))).principals.size, 0);
    });

    it("locked and dropped lose their sessions and leave nothing", async () => {
      const session = await lab.connect();
      const app = everywhere("login_leaving");
      await run(session, { op: "createDatabase", database: "leaving" }, createLogin(app));
      const admin = await lab.as(lab.server.superuser);
      await admin.query("CREATE TABLE leaving.t (a INT)");
      await run(
        session,
        grant(
          item(app, { database: "leaving" }),
          item(app, { kind: "table", database: "leaving", object: "t" }),
          item(app, { kind: "column", database: "leaving", object: "t", column: "a", privilege: "UPDATE" }),
          item(app, { kind: "global", privilege: "PROCESS" }),
        ),
      );
      const inside = await lab.as({ user: app.name, password });
      await run(session, { op: "lockLogin", account: app }, { op: "endSessions", account: app });
      await assert.rejects(inside.query("SELECT 1"));
      assert.equal(await session.probe(app, password), "locked");

      await run(session, { op: "dropPrincipal", account: app }, { op: "dropPrincipal", account: app });
      const lines = await rows(
        admin,
        "SELECT User FROM mysql.db WHERE User = ? UNION ALL SELECT User FROM mysql.tables_priv WHERE User = ? UNION ALL SELECT User FROM mysql.columns_priv WHERE User = ?",
        [app.name, app.name, app.name],
      );
      assert.deepEqual(lines, []);
      await run(session, createLogin(app));
      assert.deepEqual(await heldBy(session, app.name), []);
    });

    it("that are definers are found before they are dropped", async () => {
      const session = await lab.connect();
      const app = everywhere("login_definer");
      await run(session, { op: "createDatabase", database: "defined" }, createLogin(app));
      const admin = await lab.as(lab.server.superuser);
      const by = `DEFINER='${app.name}'@'%'`;
      await admin.query("CREATE TABLE defined.t (a INT)");
      await admin.query(`CREATE ${by} VIEW defined.v AS SELECT 1 AS one`);
      await admin.query(`CREATE ${by} PROCEDURE defined.p() SELECT 1`);
      await admin.query(`CREATE ${by} TRIGGER defined.g BEFORE INSERT ON defined.t FOR EACH ROW SET @x = 1`);
      await admin.query(`CREATE ${by} EVENT defined.e ON SCHEDULE EVERY 1 DAY DO SELECT 1`);
      const state = await session.read(readQuery({ names: [app.name], ownersOf: [app.name] }));
      const words = state.principals.get(app.name)?.owns?.map((each) => each.words);
      assert.deepEqual(words?.sort(), ["event defined.e", "routine defined.p", "trigger defined.g", "view defined.v"]);

      const elsewhere = { name: app.name, host: "10.0.0.%" };
      const role = lab.role("role_definer");
      await run(session, createLogin(elsewhere), { op: "createRole", account: role, comment: "" });
      await admin.query(`CREATE DEFINER='${app.name}'@'${elsewhere.host}' VIEW defined.w AS SELECT 2 AS two`);
      await admin.query(`CREATE DEFINER=${role.name} VIEW defined.r AS SELECT 3 AS three`);
      const names = [app.name, role.name];
      const { principals } = await session.read(readQuery({ names, ownersOf: names }));
      const hostOf = (name: string, view: string) =>
        principals.get(name)?.owns?.find((each) => each.words === `view defined.${view}`)?.host;
      assert.deepEqual([hostOf(app.name, "v"), hostOf(app.name, "w")], ["%", elsewhere.host]);
      assert.equal(hostOf(role.name, "r"), role.host);
    });

    it("of the service are marked and told apart from roles", async () => {
      const session = await lab.connect();
      const role = lab.role("role_plain");
      await run(session, { op: "createRole", account: role, comment: "" });
      const names = [lab.server.admin.user, lab.server.superuser.user, role.name];
      const { principals } = await session.read(readQuery({ names }));
      for (const name of names.slice(0, 2)) {
        const accounts = principals.get(name)?.accounts ?? [];
        assert.ok(accounts.length > 0 && accounts.every((each) => each.system && !each.administrable), name);
        assert.ok(accounts.every((each) => each.storedVerifier === undefined));
      }
      const [state] = principals.get(role.name)?.accounts ?? [];
      assert.deepEqual(
        { account: state?.account, login: state?.login, auth: state?.auth, system: state?.system },
        { account: role, login: false, auth: "none", system: false },
      );
    });

    it("leave no password in the server's log", () => {
      const log = fs.readFileSync(lab.server.logFile, "utf8");
      assert.ok(log.includes("login_app"), "the log has the statements");
      assert.ok(!log.includes(password));
    });
  });
}
