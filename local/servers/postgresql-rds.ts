import { adminName, superuserName } from "./engine";

/**
 * The roles RDS adds to PostgreSQL, one statement per entry. `rdsadmin` is the bootstrap superuser; the admin is what
 * RDS calls the master user, which is not a superuser.
 */
export function rdsRoles(major: number): string[] {
  return [
    ...["rds_superuser", "rds_iam", "rds_password", "rds_replication"].map((role) => `CREATE ROLE ${role} NOLOGIN`),
    `CREATE ROLE ${adminName} LOGIN INHERIT CREATEDB CREATEROLE NOSUPERUSER NOREPLICATION NOBYPASSRLS VALID UNTIL 'infinity'`,
    ...memberships(major),
    `GRANT CREATE ON DATABASE postgres TO ${adminName}`,
    `CREATE DATABASE rdsadmin OWNER ${superuserName}`,
    "REVOKE ALL ON DATABASE rdsadmin FROM PUBLIC",
  ];
}

function memberships(major: number): string[] {
  const held = ["pg_monitor", "pg_signal_backend", "rds_password", "rds_replication"];
  if (major >= 15) held.push("pg_checkpoint");
  if (major < 16) {
    // CREATEROLE may grant every role that is not a superuser, so rds_superuser need not hold the others.
    return [...held.map((role) => `GRANT ${role} TO rds_superuser`), `GRANT rds_superuser TO ${adminName}`];
  }
  // From 16 on a role is granted by whoever holds ADMIN on it. INHERIT FALSE: holding pg_read_all_data would let the
  // admin read password verifiers in pg_authid, which RDS denies.
  const grantable = ["rds_iam", "pg_read_all_data", "pg_write_all_data"];
  if (major >= 17) grantable.push("pg_maintain");
  return [
    ...held.map((role) => `GRANT ${role} TO rds_superuser WITH ADMIN TRUE`),
    ...grantable.map((role) => `GRANT ${role} TO rds_superuser WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`),
    `GRANT rds_superuser TO ${adminName} WITH ADMIN FALSE, INHERIT TRUE, SET TRUE`,
  ];
}

/**
 * TLS only. A member of `rds_iam` is refused: on RDS its password no longer counts, and there is nobody here who could
 * check a token. From 16 on the admin itself is a member, by its ADMIN option: with `iam-first` it cannot log in at all.
 */
export function rdsHba(order: "admin-first" | "iam-first"): string {
  const users = [
    [superuserName, "scram-sha-256"],
    ...(order === "admin-first" ? [[adminName, "scram-sha-256"]] : []),
    ["+rds_iam", "reject"],
    ["all", "scram-sha-256"],
  ];
  const addresses = ["127.0.0.1/32", "::1/128"];
  const tls = users.flatMap(([user, method]) => addresses.map((address) => `hostssl all ${user} ${address} ${method}`));
  const plain = addresses.map((address) => `hostnossl all all ${address} reject`);
  return [...tls, ...plain, ""].join("\n");
}
