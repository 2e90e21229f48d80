/** The engines the local stack can run. MariaDB is an engine of its own, never a stand-in for MySQL. */
export type LocalEngine = "postgresql" | "mysql" | "mariadb";

/** `postgresql@17`, `mysql@8.0`, `mariadb`: the version is a major or a series, never a patch level. */
export interface ServerSpec {
  engine: LocalEngine;
  version: string;
}

export interface StartOptions {
  /** Where this server's data, log, and TLS material live. Created when missing; a second start reuses it. */
  directory: string;
  /** A free loopback port by default. */
  port?: number;
  /** Keep the data directory of an earlier run. Default: true. */
  reuse?: boolean;
  /**
   * PostgreSQL only. `admin-first` (default): the admin's own line in `pg_hba.conf` stands before `+rds_iam`.
   * `iam-first` leaves that line out; it exists only to test the lock-out guard.
   */
  hba?: "admin-first" | "iam-first";
  /** Server settings for a test, for example `{ ssl: "off" }`. */
  settings?: Record<string, string>;
}

export interface ServerLogin {
  user: string;
  password: string;
}

export interface RunningServer {
  spec: ServerSpec;
  /** As the server reports it, for example `17.10` or `8.0.31`. */
  version: string;
  /** Always `localhost`: the certificate names it. */
  host: string;
  port: number;
  pid: number;
  directory: string;
  /** RDS-like: no superuser, no SUPER. What the provisioner uses. */
  admin: ServerLogin;
  /** The bootstrap superuser, for tests that play "somebody by hand" and for reading server state. */
  superuser: ServerLogin;
  /** PEM text of the certificate authority that signed the server's certificate. */
  ca: string;
  caFile: string;
  /** Every statement is logged here. */
  logFile: string;
  /** Ends the server by its process id and waits until it is gone. */
  stop(): Promise<void>;
}
