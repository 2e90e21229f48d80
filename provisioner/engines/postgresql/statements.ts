import type { LoginAttributes } from "../../access/operation";
import { DbAccessError } from "../../errors";
import { identifier, literal } from "./quote";
import { assertVerifier } from "./verifier";

/** Planner-made text for one transaction. */
export interface Statement {
  text: string;
  /** Carries a verifier: it is a message of its own, and nothing the server says about it is repeated. */
  secret?: true;
}

export const plainStatement = (text: string): Statement => ({ text });

export const iamRole = "rds_iam";

function attributeList({ connectionLimit, validUntil, locked }: LoginAttributes): string[] {
  return [
    ...(locked === undefined ? [] : [locked ? "NOLOGIN" : "LOGIN"]),
    ...(connectionLimit === undefined ? [] : [`CONNECTION LIMIT ${wholeNumber(connectionLimit ?? -1)}`]),
    ...(validUntil === undefined
      ? []
      : [`VALID UNTIL ${literal(validUntil === null ? "infinity" : isoTime(validUntil))}`]),
  ];
}

function wholeNumber(value: number): number {
  if (!Number.isSafeInteger(value))
    throw new DbAccessError("InvalidInput", `A connection limit is a whole number, not ${String(value)}.`);
  return value;
}

function isoTime(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new DbAccessError("InvalidInput", `${JSON.stringify(text)} is not a time such as 2030-01-31T00:00:00Z.`);
  return time.toISOString();
}

const loginText = (name: string, attributes: LoginAttributes): string =>
  `CREATE ROLE ${identifier(name)} INHERIT ${attributeList({ ...attributes, locked: attributes.locked ?? false }).join(" ")}`;

export const createPasswordLogin = (
  name: string,
  attributes: LoginAttributes,
  verifier: string | undefined,
): Statement => ({
  text: `${loginText(name, attributes)} PASSWORD ${literal(assertVerifier(verifier))}`,
  secret: true,
});

export const createIamLogin = (name: string, attributes: LoginAttributes): Statement[] => [
  plainStatement(loginText(name, attributes)),
  grantIam(name),
];

export const createRole = (name: string): Statement =>
  plainStatement(`CREATE ROLE ${identifier(name)} NOLOGIN INHERIT`);

export const commentOnRole = (name: string, comment: string): Statement =>
  plainStatement(`COMMENT ON ROLE ${identifier(name)} IS ${literal(comment)}`);

/** Only what is asked for: an attribute that needs a superuser fails even when it changes nothing. */
export function alterLogin(name: string, attributes: LoginAttributes): Statement[] {
  const parts = attributeList(attributes);
  return parts.length === 0 ? [] : [plainStatement(`ALTER ROLE ${identifier(name)} ${parts.join(" ")}`)];
}

export const setPassword = (name: string, verifier: string | undefined): Statement => ({
  text: `ALTER ROLE ${identifier(name)} PASSWORD ${literal(assertVerifier(verifier))}`,
  secret: true,
});

/** A password that is left behind would work again as soon as the membership in `rds_iam` ends. */
export const clearPassword = (name: string): Statement =>
  plainStatement(`ALTER ROLE ${identifier(name)} PASSWORD NULL`);

export const grantIam = (name: string): Statement => plainStatement(`GRANT ${iamRole} TO ${identifier(name)}`);

export const revokeIam = (name: string): Statement => plainStatement(`REVOKE ${iamRole} FROM ${identifier(name)}`);

export const endSessions = (name: string): string =>
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${literal(name)} AND pid <> pg_backend_pid()`;

export const dropRole = (name: string): Statement => plainStatement(`DROP ROLE ${identifier(name)}`);

export const dropOwned = (name: string): Statement => plainStatement(`DROP OWNED BY ${identifier(name)}`);

export const reassignOwned = (name: string, to: string): Statement =>
  plainStatement(`REASSIGN OWNED BY ${identifier(name)} TO ${identifier(to)}`);

export const grantCreate = (schema: string, role: string): Statement =>
  plainStatement(`GRANT CREATE ON SCHEMA ${identifier(schema)} TO ${identifier(role)}`);

export const revokeCreate = (schema: string, role: string): Statement =>
  plainStatement(`REVOKE CREATE ON SCHEMA ${identifier(schema)} FROM ${identifier(role)}`);

/** template0 has no local additions and can be copied with any encoding. */
export const createDatabase = (name: string, charset: string): string =>
  `CREATE DATABASE ${identifier(name)} TEMPLATE template0 ENCODING ${literal(charset)}`;

/** Without FORCE: sessions of others are a reason not to drop. */
export const dropDatabase = (name: string): string => `DROP DATABASE ${identifier(name)}`;

export const setDatabaseOwner = (name: string, owner: string): Statement =>
  plainStatement(`ALTER DATABASE ${identifier(name)} OWNER TO ${identifier(owner)}`);

export const createSchema = (name: string, owner: string | undefined): Statement =>
  plainStatement(
    `CREATE SCHEMA ${identifier(name)}${owner === undefined ? "" : ` AUTHORIZATION ${identifier(owner)}`}`,
  );

export const setSchemaOwner = (name: string, owner: string): Statement =>
  plainStatement(`ALTER SCHEMA ${identifier(name)} OWNER TO ${identifier(owner)}`);

export const dropSchema = (name: string): Statement => plainStatement(`DROP SCHEMA ${identifier(name)}`);
