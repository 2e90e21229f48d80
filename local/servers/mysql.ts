import * as fs from "node:fs";
import * as path from "node:path";

import { asServerAccount } from "./account";
import { run } from "./command";
import { adminName, type Engine, type Installed, type Logins, superuserName } from "./engine";
import { greets } from "./greeting";
import { writeInitFile } from "./init-file";
import { inspectMysql, installMysql } from "./install-mysql";
import { rdsAccounts } from "./mysql-rds";
import { temporaryFolder } from "./temporary";

export const mysql: Engine = {
  templateFormat: 1,
  stopSignal: "SIGTERM",
  install: installMysql,
  inspect: inspectMysql,

  async initialize(installed, data) {
    const sql = path.join(path.dirname(data), "setup.sql");
    writeInitFile(sql, rdsAccounts(installed.spec.version));
    const args = ["--initialize-insecure", `--init-file=${sql}`, "--auto-generate-certs=OFF"];
    const { program, args: allArgs, ...account } = mysqld(installed, data, [sql], args);
    await run(program, allArgs, { ...account, cwd: data, env: { ...process.env, ...installed.env } });
    fs.rmSync(sql);
    // Each copy makes a server id of its own.
    fs.rmSync(path.join(data, "auto.cnf"), { force: true });
  },

  serve({ installed, layout, port, options, newLogins }) {
    const files = [layout.caFile, layout.certificateFile, layout.keyFile, layout.log];
    const first = newLogins ? [`--init-file=${layout.firstSql}`] : [];
    if (newLogins) writeInitFile(layout.firstSql, passwords(newLogins));
    const settings: Record<string, string> = {
      bind_address: "127.0.0.1",
      port: `${port}`,
      max_connections: "300",
      // Clients of RDS are never `localhost`; without this, 127.0.0.1 would be.
      skip_name_resolve: "ON",
      innodb_flush_log_at_trx_commit: "0",
      auto_generate_certs: "OFF",
      ssl_ca: layout.caFile,
      ssl_cert: layout.certificateFile,
      ssl_key: layout.keyFile,
      log_output: "FILE",
      general_log: "ON",
      general_log_file: layout.log,
      ...options.settings,
    };
    const args = [...first, ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`)];
    return Promise.resolve(mysqld(installed, layout.data, newLogins ? [...files, layout.firstSql] : files, args));
  },

  isReady: ({ port }) => greets(port),
};

/** `--no-defaults` must come first: a my.cnf of this machine must not change the server. */
function mysqld(installed: Installed, data: string, files: string[], args: string[]) {
  const [program, ...before] = [...(installed.loader ?? []), installed.binaries.mysqld];
  const temporary = temporaryFolder(data);
  const always = [
    ...(installed.folders ?? []),
    `--datadir=${data}`,
    `--tmpdir=${temporary}`,
    // Relative to the data directory: a socket's full path may be only 107 characters long.
    "--socket=mysqld.sock",
    "--pid-file=mysqld.pid",
    "--secure-file-priv=NULL",
    "--mysqlx=OFF",
    "--skip-log-bin",
    "--innodb-buffer-pool-size=64M",
    // Unknown before 8.0.30.
    "--loose-innodb-redo-log-capacity=8M",
  ];
  const paths = [installed.binaries.mysqld, data, temporary, ...files];
  return asServerAccount(program, [...before, "--no-defaults", ...always, ...args], paths);
}

function passwords({ admin, superuser }: Logins): string[] {
  const accounts = [
    [`'${adminName}'@'%'`, admin.password],
    [`'${superuserName}'@'%'`, superuser.password],
    [`'${superuserName}'@'localhost'`, superuser.password],
  ];
  return accounts.map(
    ([account, password]) => `ALTER USER ${account} IDENTIFIED WITH caching_sha2_password BY '${password}'`,
  );
}
