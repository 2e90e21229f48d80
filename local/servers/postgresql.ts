import * as fs from "node:fs";
import * as path from "node:path";

import { asServerAccount, giveToServer } from "./account";
import { run } from "./command";
import { type Engine, type Installed, type Logins, type ServeContext, superuserName } from "./engine";
import { inspectPostgresql, installPostgresql } from "./install-postgresql";
import { rdsHba, rdsRoles } from "./postgresql-rds";
import { scramVerifier } from "./scram";

export const postgresql: Engine = {
  templateFormat: 2,
  // "Fast" shutdown: clients are disconnected, data is flushed.
  stopSignal: "SIGINT",
  install: installPostgresql,
  inspect: inspectPostgresql,

  async initialize(installed, data) {
    // Small log segments: a fresh one is most of what every start would copy.
    const options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--wal-segsize=1"];
    await runAs(installed, "initdb", ["-D", data, "-U", superuserName, ...options], data);
    await single(installed, data, rdsRoles(Number(installed.spec.version)));
  },

  async serve({ installed, layout, port, options, newLogins }) {
    const hba = path.join(layout.data, "pg_hba.conf");
    fs.writeFileSync(hba, rdsHba(options.hba ?? "admin-first"));
    giveToServer(hba);
    if (newLogins) await single(installed, layout.data, passwords(newLogins));
    const settings: Record<string, string> = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      port: `${port}`,
      max_connections: "200",
      shared_buffers: "32MB",
      // What it would be with segments of the usual size.
      max_wal_size: "1GB",
      ...notDurable,
      timezone: "UTC",
      password_encryption: "scram-sha-256",
      ssl: "on",
      ssl_cert_file: layout.certificateFile,
      ssl_key_file: layout.keyFile,
      // pg_hba.conf refuses connections without TLS; this is how RDS says that it does.
      "rds.force_ssl": "1",
      log_statement: "all",
      log_connections: "on",
      log_line_prefix: "%m [%p] user=%u,db=%d,app=%a ",
      log_timezone: "UTC",
      ...options.settings,
    };
    const args = ["-D", layout.data, ...flags(settings)];
    return asServerAccount(installed.binaries.postgres, args, [layout.data, layout.certificateFile, layout.keyFile]);
  },

  isReady: ({ layout }: ServeContext, pid: number) => Promise.resolve(saysReady(layout.data, pid)),
};

const notDurable = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };

function flags(settings: Record<string, string>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** The passwords reach the server as verifiers, before it listens. */
function passwords({ admin, superuser }: Logins): string[] {
  return [admin, superuser].map(({ user, password }) => `ALTER ROLE ${user} PASSWORD '${scramVerifier(password)}'`);
}

/** Single-user mode: SQL as the superuser without a listening server. It reads one statement per line. */
async function single(installed: Installed, data: string, statements: string[]): Promise<void> {
  // exit_on_error: otherwise a failed statement is only a line on standard error.
  const args = ["--single", "-D", data, ...flags({ ...notDurable, exit_on_error: "on" }), "postgres"];
  await runAs(installed, "postgres", args, data, statements.map((statement) => `${statement};\n`).join(""));
}

async function runAs(installed: Installed, name: string, args: string[], data: string, input?: string): Promise<void> {
  const { program, args: allArgs, ...account } = asServerAccount(installed.binaries[name], args, [data]);
  await run(program, allArgs, { ...account, input, cwd: data });
}

/** The server's own status file, which `pg_ctl` waits for too: first line the process, eighth line the status. */
function saysReady(data: string, pid: number): boolean {
  try {
    const lines = fs.readFileSync(path.join(data, "postmaster.pid"), "utf8").split("\n");
    return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
  } catch {
    return false;
  }
}
