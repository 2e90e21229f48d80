import type { LoginAttributes } from "../../access/operation";
import { DbAccessError } from "../../errors";

function wholeNumber(value: number, what: string, most = 65535): string {
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new DbAccessError("InvalidInput", `${what} must be a whole number from 0 to ${String(most)}.`);
  return String(value);
}

/** The columns are unsigned, and MariaDB's grammar ends at the largest signed number. */
const mostPerHour = 2147483647;

/** In the order the grammar demands; only what is present. */
export function attributeClauses(attributes: LoginAttributes): string[] {
  const { requireTls, passwordExpires, locked } = attributes;
  if (Object.keys(attributes.settings ?? {}).length > 0)
    throw new DbAccessError(
      "NotSupported",
      "Settings of a login are not known to MySQL and MariaDB. Leave them out, or set them when the application connects.",
    );
  const clauses: string[] = [];
  if (requireTls !== undefined) clauses.push(requireTls ? "REQUIRE SSL" : "REQUIRE NONE");
  const limits = limitClauses(attributes);
  if (limits.length > 0) clauses.push(`WITH ${limits.join(" ")}`);
  if (passwordExpires === null) clauses.push("PASSWORD EXPIRE DEFAULT");
  else if (passwordExpires === 0) clauses.push("PASSWORD EXPIRE NEVER");
  else if (passwordExpires !== undefined)
    clauses.push(`PASSWORD EXPIRE INTERVAL ${wholeNumber(passwordExpires, "The password's lifetime")} DAY`);
  if (locked !== undefined) clauses.push(locked ? "ACCOUNT LOCK" : "ACCOUNT UNLOCK");
  return clauses;
}

function limitClauses({ limits, connectionLimit }: LoginAttributes): string[] {
  const clauses: string[] = [];
  if (limits !== undefined)
    clauses.push(
      `MAX_QUERIES_PER_HOUR ${wholeNumber(limits.queriesPerHour, "The limit of queries", mostPerHour)}`,
      `MAX_UPDATES_PER_HOUR ${wholeNumber(limits.updatesPerHour, "The limit of updates", mostPerHour)}`,
      `MAX_CONNECTIONS_PER_HOUR ${wholeNumber(limits.connectionsPerHour, "The limit of connections", mostPerHour)}`,
    );
  if (connectionLimit !== undefined)
    clauses.push(`MAX_USER_CONNECTIONS ${wholeNumber(connectionLimit ?? 0, "The connection limit")}`);
  return clauses;
}
