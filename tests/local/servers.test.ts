import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";

import { createConnection, type Connection } from "mysql2/promise";
import { Client } from "pg";

import { cached, withLock } from "../../local/cache";
import { parseServerSpec, type RunningServer, StartFailed, startServer, supportedSpecs } from "../../local/servers";

const execute = promisify(execFile);

let folder: string;
const started: RunningServer[] = [];

async function start(spec: string, name: string, options: Partial<Parameters<typeof startServer>[1]> = {}) {
  const server = await startServer(parseServerSpec(spec), { directory: path.join(folder, name), ...options });
  started.push(server);
  return server;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "db-access-servers-"));
});

after(async () => {
  await Promise.all(started.map((server) => server.stop()));
  fs.rmSync(folder, { recursive: true, force: true });
});

describe("server specs", () => {
  it("have a default version per engine", () => {
    assert.deepEqual(parseServerSpec("postgresql"), { engine: "postgresql", version: "17" });
    assert.deepEqual(parseServerSpec("mysql"), { engine: "mysql", version: "8.0" });
    assert.deepEqual(parseServerSpec("mariadb"), { engine: "mariadb", version: "10.11" });
  });

  it("name what is available when one is not", () => {
    for (const text of ["postgresql@9.6", "mysql@8.0.31", "oracle", "", "toString", "mysql@"]) {
      assert.throws(() => parseServerSpec(text), /Available: postgresql@13, .*mysql@8\.0, .*mariadb@10\.11\./);
    }
    assert.ok(supportedSpecs.length >= 9);
  });
});

async function pgConnect(server: RunningServer, login = server.admin, database = "postgres"): Promise<Client> {
  const { host, port } = server;
  const client = new Client({ host, port, ...login, database, ssl: { ca: server.ca } });
  await client.connect();
  return client;
}

describe("PostgreSQL", () => {
  for (const major of ["13", "14", "15", "16", "17", "18"]) {
    it(`${major}: an RDS-like admin over verified TLS, which can make an IAM user`, async () => {
      const server = await start(`postgresql@${major}`, `pg${major}`);
      assert.ok(server.version.startsWith(`${major}.`));
      assert.equal(server.host, "localhost");
      const admin = await pgConnect(server);
      try {
        const { rows } = await admin.query("SELECT * FROM pg_roles WHERE rolname = current_user");
        const { rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls } = rows[0];
        assert.equal(rolname, "dbadmin");
        assert.deepEqual([rolsuper, rolreplication, rolbypassrls], [false, false, false]);
        assert.deepEqual([rolcreaterole, rolcreatedb], [true, true]);
        const shown = await admin.query("SHOW server_version");
        assert.equal(shown.rows[0].server_version, server.version);
        await admin.query("CREATE SCHEMA ledger");
        await admin.query("CREATE ROLE app LOGIN PASSWORD 'first'");
        const app = await pgConnect(server, { user: "app", password: "first" });
        const ended = new Promise((resolve) => app.on("error", resolve));
        await admin.query("GRANT rds_iam TO app");
        await assert.rejects(pgConnect(server, { user: "app", password: "first" }), { code: "28000" });
        await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'");
        await ended;
        await assert.rejects(pgConnect(server, server.admin, "rdsadmin"), { code: "42501" });
        await assert.rejects(admin.query("SELECT rolpassword FROM pg_authid"), { code: "42501" });
      } finally {
        await admin.end();
      }
      await server.stop();
      assert.equal(isAlive(server.pid), false);
    });
  }

  it("refuses a login without TLS", async () => {
    const server = await start("postgresql@17", "plain");
    const { host, port, admin } = server;
    const client = new Client({ host, port, ...admin, database: "postgres", ssl: false });
    await assert.rejects(client.connect(), { code: "28000" });
  });

  it("logs every statement, and neither of its own passwords", async () => {
    const server = await start("postgresql@17", "log");
    const client = await pgConnect(server);
    await client.query("SELECT 'marker of the log test'");
    await client.end();
    const log = fs.readFileSync(server.logFile, "utf8");
    assert.match(log, /user=dbadmin,db=postgres.*SELECT 'marker of the log test'/);
    assert.ok(!log.includes(server.admin.password) && !log.includes(server.superuser.password));
    assert.equal(fs.statSync(path.join(server.directory, "server.json")).mode & 0o777, 0o600);
  });

  it("keeps data, passwords and certificate from one start to the next, and starts anew on request", async () => {
    const first = await start("postgresql@17", "kept");
    const client = await pgConnect(first);
    await client.query("CREATE DATABASE kept");
    await client.end();
    await assert.rejects(start("postgresql@17", "kept"), /already serves/);
    await first.stop();
    await assert.rejects(start("postgresql@16", "kept"), /holds the data of postgresql@17/);
    const second = await start("postgresql@17", "kept");
    assert.deepEqual([second.admin, second.ca], [first.admin, first.ca]);
    await (await pgConnect(second, second.admin, "kept")).end();
    await second.stop();
    const third = await start("postgresql@17", "kept", { reuse: false });
    await assert.rejects(pgConnect(third, third.admin, "kept"), { code: "3D000" });
  });

  it("locks the admin out once it is an IAM user, with the iam-first order only", async () => {
    const server = await start("postgresql@15", "iam-first", { hba: "iam-first" });
    const admin = await pgConnect(server);
    await admin.query("GRANT rds_iam TO dbadmin");
    await admin.end();
    await assert.rejects(pgConnect(server), { code: "28000" });
    await server.stop();
    const usual = await start("postgresql@15", "iam-first");
    await (await pgConnect(usual)).end();
  });

  it("shows the end of the log when it does not start, and leaves nothing running", async () => {
    const settings = { shared_preload_libraries: "no_such_library" };
    await assert.rejects(start("postgresql@17", "broken", { settings }), (error: Error) => {
      assert.ok(error instanceof StartFailed);
      assert.match(error.message, /no_such_library/);
      return true;
    });
    const server = await start("postgresql@17", "broken");
    await (await pgConnect(server)).end();
  });

  it("takes the port it is given, and says so when that port is in use", async () => {
    const server = await start("postgresql@17", "port");
    await assert.rejects(start("postgresql@17", "port2", { port: server.port }), StartFailed);
    await server.stop();
    assert.equal((await start("postgresql@17", "port", { port: server.port })).port, server.port);
  });
});

async function myConnect(server: RunningServer, login = server.admin): Promise<Connection> {
  const { host, port, ca } = server;
  return createConnection({ host, port, ...login, ssl: { ca, verifyIdentity: true } });
}

async function column(connection: Connection, sql: string): Promise<string[]> {
  const [rows] = await connection.query({ sql, rowsAsArray: true });
  return (rows as string[][]).map(([value]) => value);
}

for (const spec of ["mysql@8.0", "mariadb@10.11"]) {
  describe(spec, () => {
    let server: RunningServer;
    let admin: Connection;

    before(async () => {
      server = await start(spec, spec);
      admin = await myConnect(server);
    });

    after(async () => {
      await admin.end();
      await server.stop();
      assert.equal(isAlive(server.pid), false);
    });

    it("has an RDS-like admin over verified TLS", async () => {
      const grants = (await column(admin, "SHOW GRANTS")).join("\n");
      assert.match(grants, /CREATE USER/);
      assert.match(grants, /WITH GRANT OPTION/);
      assert.doesNotMatch(grants, /\bSUPER\b|SYSTEM_USER|CONNECTION|ALL PRIVILEGES|\bFILE\b|SHUTDOWN/);
      assert.match((await column(admin, "SELECT version()"))[0], new RegExp(`^${server.version}`));
      assert.deepEqual(await column(admin, "SELECT user FROM mysql.user WHERE user = 'root'"), []);
      const [cipher] = (
        await admin.query({ sql: "SHOW STATUS LIKE 'Ssl_cipher'", rowsAsArray: true })
      )[0] as string[][];
      assert.notEqual(cipher[1], "");
      await assert.rejects(admin.query("SET GLOBAL max_connections = 5"), { errno: 1227 });
    });

    it("ends sessions through the RDS procedure, and never those of RDS itself", async () => {
      await admin.query("CREATE USER app IDENTIFIED BY 'first'");
      const app = await myConnect(server, { user: "app", password: "first" });
      const ended = new Promise((resolve) => app.on("error", resolve));
      const [id] = await column(app, "SELECT connection_id()");
      await assert.rejects(admin.query("KILL ?", [id]), { errno: 1095 });
      await admin.query("CALL mysql.rds_kill(?)", [id]);
      await ended;
      const superuser = await myConnect(server, server.superuser);
      const [own] = await column(superuser, "SELECT connection_id()");
      await assert.rejects(admin.query("CALL mysql.rds_kill(?)", [own]), /internal RDS session/);
      assert.match((await column(superuser, "SHOW GRANTS")).join(), /SHUTDOWN|ALL PRIVILEGES/);
      await superuser.end();
    });

    it("logs every statement, and neither of its own passwords", async () => {
      await admin.query("SELECT 'marker of the log test'");
      const log = fs.readFileSync(server.logFile, "utf8");
      assert.ok(log.includes("SELECT 'marker of the log test'"));
      assert.ok(!log.includes(server.admin.password) && !log.includes(server.superuser.password));
      assert.ok(!fs.existsSync(path.join(server.directory, "first-start.sql")));
    });

    it("keeps data and passwords from one start to the next", async () => {
      await admin.query("CREATE DATABASE kept");
      await admin.end();
      await server.stop();
      const { admin: before } = server;
      server = await start(spec, spec);
      assert.deepEqual(server.admin, before);
      admin = await myConnect(server);
      assert.deepEqual(await column(admin, "SHOW DATABASES LIKE 'kept'"), ["kept"]);
    });
  });
}

describe("MySQL 8.0", () => {
  it("gives its admin the privileges through a role, as RDS does", async () => {
    const server = await start("mysql@8.0", "role");
    const admin = await myConnect(server);
    assert.deepEqual(await column(admin, "SELECT current_role()"), ["`rds_superuser_role`@`%`"]);
    const own = await column(
      admin,
      "SELECT privilege_type FROM information_schema.user_privileges WHERE grantee LIKE '%dbadmin%'",
    );
    assert.deepEqual(own, ["USAGE"]);
    await admin.query("CREATE USER other IDENTIFIED BY 'first'");
    await admin.query("GRANT SELECT ON *.* TO other");
    await admin.end();
  });
});

/** Runs one line of TypeScript in a process of its own. */
function inOtherProcess(script: string, cache: string) {
  const options = { cwd: path.resolve(__dirname, "../.."), env: { ...process.env, DB_ACCESS_CACHE: cache } };
  return execute(process.execPath, ["-r", "ts-node/register/transpile-only", "-e", script], options);
}

describe("the servers of a program that ends", () => {
  it("end with it", async () => {
    const directory = JSON.stringify(path.join(folder, "orphan"));
    const script = `
      const { startServer, parseServerSpec } = require("./local/servers");
      startServer(parseServerSpec("postgresql@17"), { directory: ${directory} }).then(({ pid }) => console.log(pid));`;
    const { stdout } = await inOtherProcess(script, process.env.DB_ACCESS_CACHE ?? "");
    const pid = Number(stdout);
    for (let wait = 0; isAlive(pid) && wait < 200; wait++) await new Promise((resolve) => setTimeout(resolve, 25));
    assert.equal(isAlive(pid), false);
  });
});

describe("the cache", () => {
  let cache: string;
  const usual = process.env.DB_ACCESS_CACHE;

  beforeEach(() => {
    cache = fs.mkdtempSync(path.join(folder, "cache-"));
    process.env.DB_ACCESS_CACHE = cache;
  });

  afterEach(() => {
    if (usual === undefined) delete process.env.DB_ACCESS_CACHE;
    else process.env.DB_ACCESS_CACHE = usual;
  });

  it("is filled once by two processes that start together", async () => {
    const script = `
      const { installServer, parseServerSpec } = require("./local/servers");
      installServer(parseServerSpec("postgresql@17"), console.log).then(({ binaries }) => console.log(binaries.postgres));`;
    const outputs = await Promise.all([inOtherProcess(script, cache), inOtherProcess(script, cache)]);
    const lines = outputs.map(({ stdout }) => stdout.trim().split("\n"));
    assert.equal(lines.flat().filter((line) => line.startsWith("fetching")).length, 1);
    const [postgres, same] = lines.map((all) => all[all.length - 1]);
    assert.equal(postgres, same);
    assert.match((await execute(postgres, ["--version"])).stdout, /17\./);
    assert.deepEqual(fs.readdirSync(path.join(cache, "locks")), []);
    assert.equal(fs.readdirSync(path.join(cache, "postgresql")).length, 1);
  });

  it("takes over from a process that was killed, and removes what it left", async () => {
    const { stdout } = await execute(process.execPath, ["-p", "process.pid"]);
    fs.mkdirSync(path.join(cache, "locks"), { recursive: true });
    fs.mkdirSync(path.join(cache, "kind/.unfinished-name-x"), { recursive: true });
    fs.writeFileSync(path.join(cache, "locks/kind-name.lock"), `${stdout.trim()} 1`);
    const target = await cached("kind", "name", (directory) => fs.promises.writeFile(path.join(directory, "file"), ""));
    assert.deepEqual(fs.readdirSync(path.join(cache, "kind")), ["name"]);
    assert.deepEqual(fs.readdirSync(target), ["file"]);
  });

  it("keeps nothing of a set-up that failed", async () => {
    await assert.rejects(
      cached("kind", "name", () => Promise.reject(new Error("no network"))),
      /no network/,
    );
    assert.deepEqual(fs.readdirSync(path.join(cache, "kind")), []);
    assert.deepEqual(fs.readdirSync(path.join(cache, "locks")), []);
  });

  it("lets one at a time hold a lock", async () => {
    let holders = 0;
    const hold = async () => {
      assert.equal(++holders, 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      holders--;
    };
    await Promise.all([1, 2, 3, 4].map(() => withLock("one", hold)));
  });

  it("is never inside the checkout", async () => {
    process.env.DB_ACCESS_CACHE = path.join(__dirname, "cache");
    await assert.rejects(
      withLock("one", () => Promise.resolve()),
      /inside the checkout/,
    );
  });
});
