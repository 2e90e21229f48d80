import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { asServerAccount } from "./account";
import { run } from "./command";
import { adminName, type Engine, type Installed, type Logins, superuserName } from "./engine";
import { greets } from "./greeting";
import { inspectMariadb, installMariadb } from "./install-mariadb";
import { rdsAccounts } from "./mariadb-rds";
import { initFile, writeInitFile } from "./init-file";
import { temporaryFolder } from "./temporary";

/** What MariaDB's own installation script feeds to a server in bootstrap mode, in this order. */
const systemTables = [
  "mysql_system_tables.sql",
  "mysql_performance_tables.sql",
  "mysql_system_tables_data.sql",
  "fill_help_tables.sql",
  "maria_add_gis_sp_bootstrap.sql",
  "mysql_sys_schema.sql",
];

export const mariadb: Engine = {
  templateFormat: 1,
  stopSignal: "SIGTERM",
  install: installMariadb,
  inspect: inspectMariadb,

  async initialize(installed, data) {
    const tables = systemTables.map((name) => fs.readFileSync(path.join(installed.root, name), "utf8"));
    const before = "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n";
    const args = ["--bootstrap", "--enforce-storage-engine=", "--max_allowed_packet=8M", "--net_buffer_length=16K"];
    const { program, args: allArgs, ...account } = mariadbd(installed, data, [], args);
    const input = [before, ...tables, initFile(rdsAccounts)].join("\n");
    await run(program, allArgs, { ...account, cwd: data, input, env: { ...process.env, ...installed.env } });
  },

  serve({ installed, layout, port, options, newLogins }) {
    const files = [layout.caFile, layout.certificateFile, layout.keyFile, layout.log];
    const first = newLogins ? [`--init-file=${layout.firstSql}`] : [];
    if (newLogins) writeInitFile(layout.firstSql, passwords(newLogins));
    const settings: Record<string, string> = {
      bind_address: "127.0.0.1",
      port: `${port}`,
      max_connections: "300",
      performance_schema: "ON",
      // Clients of RDS are never `localhost`; without this, 127.0.0.1 would be.
      skip_name_resolve: "ON",
      innodb_flush_log_at_trx_commit: "0",
      ssl_ca: layout.caFile,
      ssl_cert: layout.certificateFile,
      ssl_key: layout.keyFile,
      log_output: "FILE",
      general_log: "ON",
      general_log_file: layout.log,
      ...options.settings,
    };
    const args = [...first, ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`)];
    return Promise.resolve(mariadbd(installed, layout.data, newLogins ? [...files, layout.firstSql] : files, args));
  },

  isReady: ({ port }) => greets(port),
};

/** `--no-defaults` must come first: a my.cnf of this machine must not change the server. */
function mariadbd(installed: Installed, data: string, files: string[], args: string[]) {
  const temporary = temporaryFolder(data);
  const always = [
    ...(installed.folders ?? []),
    `--datadir=${data}`,
    `--tmpdir=${temporary}`,
    // Relative to the data directory: a socket's full path may be only 107 characters long.
    "--socket=mariadbd.sock",
    "--pid-file=mariadbd.pid",
    "--skip-log-bin",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=8M",
  ];
  const paths = [installed.binaries.mariadbd, installed.root, data, temporary, ...files];
  return asServerAccount(installed.binaries.mariadbd, ["--no-defaults", ...always, ...args], paths);
}

/** As hashes: MariaDB's statement log shows passwords as they are. */
function passwords({ admin, superuser }: Logins): string[] {
  const accounts = [
    [`'${adminName}'@'%'`, admin.password],
    [`'${superuserName}'@'%'`, superuser.password],
    [`'${superuserName}'@'localhost'`, superuser.password],
  ];
  return accounts.map(
    ([account, password]) =>
      `ALTER USER ${account} IDENTIFIED VIA mysql_native_password USING '${nativeHash(password)}'`,
  );
}

function nativeHash(password: string): string {
  const sha1 = (value: string | Buffer) => createHash("sha1").update(value).digest();
  return `*${sha1(sha1(password)).toString("hex").toUpperCase()}`;
}
