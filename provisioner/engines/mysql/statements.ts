import { accountWords, type Account } from "../../access/account";
import type { LoginAttributes, Operation } from "../../access/operation";
import { DbAccessError } from "../../errors";
import { attributeClauses } from "./attributes";
import { isMariaDb, type MySqlFacts } from "./facts";
import { grantStatements } from "./grants";
import { rolesOf } from "./levels";
import { accountSql, identifierSql, literalSql } from "./names";
import { addPassword, discardPassword, iamClause, missing, passwordClause, setIam, setPassword } from "./passwords";
import type { Holdings } from "./read";
import { grantOptionStatements, keepAdminOptions, revokeStatements } from "./revokes";
import type { Statement } from "./statement";

export interface StatementContext {
  facts: MySqlFacts;
  /** `accountKey` to verifier. */
  verifiers: Map<string, string>;
  /** What the accounts of a grant or revoke hold at this moment. Empty for other operations. */
  held: Holdings;
}

/** The accounts whose holdings must be known before an operation's statements can be written. */
export function accountsToKnow(operation: Operation, facts: MySqlFacts): Account[] {
  switch (operation.op) {
    case "revoke":
    case "revokeGrantOption":
      return operation.items.map((item) => item.grantee);
    case "grant":
      return rolesOf(operation.items).map((item) => item.grantee);
    case "renameAccount":
      return isMariaDb(facts) ? [operation.account] : [];
    default:
      return [];
  }
}

const notSupported = (what: string): DbAccessError =>
  new DbAccessError("NotSupported", `${what} are not known to MySQL and MariaDB.`);

const noOwners = (): DbAccessError =>
  new DbAccessError(
    "NotSupported",
    "On MySQL and MariaDB an account owns no objects, so none can be reassigned or dropped with it. Views, routines, triggers and events have a definer; change it with ALTER.",
  );

/** The statements of one operation, in order. `endSessions` has none of its own: it depends on who is connected. */
export function statementsOf(operation: Operation, context: StatementContext): Statement[] {
  const { facts, held } = context;
  switch (operation.op) {
    case "createLogin":
      return [createLogin(operation.account, operation.auth, operation.attributes, operation.comment, context)];
    case "createRole":
      return [createRole(operation.account, facts)];
    case "alterLogin":
      return alterLogin(operation.account, operation.attributes, facts);
    case "setPassword":
      return setPassword(operation.account, context);
    case "setAuth":
      return operation.auth === "iam" ? [setIam(operation.account, facts)] : setPassword(operation.account, context);
    case "addPassword":
      return [addPassword(operation.account, context)];
    case "discardPassword":
      return [discardPassword(operation.account, facts)];
    case "lockLogin":
      return [
        {
          step: `locking ${accountWords(operation.account)}`,
          sql: `ALTER USER IF EXISTS ${accountSql(operation.account, facts)} ACCOUNT LOCK`,
        },
      ];
    case "endSessions":
      return [];
    case "reassignOwned":
    case "dropOwned":
      throw noOwners();
    case "renameAccount":
      return renameAccount(operation.account, operation.to, context);
    case "dropPrincipal":
      return [dropPrincipal(operation.account, facts)];
    case "createDatabase":
      return [createDatabase(operation.database, operation.charset)];
    case "dropDatabase":
      return [
        {
          step: `dropping database ${operation.database}`,
          sql: `DROP DATABASE IF EXISTS ${identifierSql(operation.database)}`,
        },
      ];
    case "setDatabaseOwner":
      throw notSupported("Owners of databases");
    case "createSchema":
    case "setSchemaOwner":
    case "dropSchema":
      throw notSupported("Schemas inside a database");
    case "grant":
      return grantStatements(operation.items, held, facts);
    case "revoke":
      return revokeStatements(operation.items, held, facts);
    case "revokeGrantOption":
      return grantOptionStatements(operation.items, held, facts);
  }
}

function createLogin(
  account: Account,
  auth: "password" | "iam",
  attributes: LoginAttributes,
  comment: string,
  context: StatementContext,
): Statement {
  const { facts } = context;
  const clauses =
    auth === "iam"
      ? // The token is sent in clear inside the connection, so an account without TLS would be an open door.
        [iamClause(facts), ...attributeClauses({ ...attributes, requireTls: true })]
      : [passwordClause(account, context), ...attributeClauses(attributes)];
  if (!isMariaDb(facts) && comment !== "")
    clauses.push(`ATTRIBUTE ${literalSql(JSON.stringify({ "db-access": comment }))}`);
  const words = accountWords(account);
  return {
    step: `creating login ${words}`,
    sql: `CREATE USER ${accountSql(account, facts)} ${clauses.join(" ")}`,
    refusals: [
      {
        errno: 1396,
        code: "UserExists",
        message: `The login ${words} was created by somebody else meanwhile.`,
        transient: true,
      },
    ],
  };
}

function createRole(account: Account, facts: MySqlFacts): Statement {
  const words = accountWords(account);
  return {
    step: `creating role ${words}`,
    sql: `CREATE ROLE ${accountSql(account, facts)}`,
    refusals: [
      {
        errno: 1396,
        code: "RoleExists",
        message: `The role ${words} was created by somebody else meanwhile.`,
        transient: true,
      },
    ],
  };
}

function alterLogin(account: Account, attributes: LoginAttributes, facts: MySqlFacts): Statement[] {
  const clauses = attributeClauses(attributes);
  if (clauses.length === 0) return [];
  return [
    {
      step: `changing login ${accountWords(account)}`,
      sql: `ALTER USER ${accountSql(account, facts)} ${clauses.join(" ")}`,
      refusals: [missing(account)],
    },
  ];
}

/** Password, attributes, privileges and default roles come along; definers do not. */
function renameAccount(from: Account, to: Account, { facts, held }: StatementContext): Statement[] {
  const words = `${from.name}@${from.host ?? "%"}`;
  const rename: Statement = {
    step: `renaming ${words} to ${to.name}@${to.host ?? "%"}`,
    sql: `RENAME USER ${accountSql(from, facts)} TO ${accountSql(to, facts)}`,
    refusals: [
      {
        errno: 1396,
        code: "UserExists",
        message: `${words} could not be renamed: it is gone, or somebody else has created ${to.name}@${to.host ?? "%"} meanwhile.`,
        transient: true,
      },
    ],
  };
  return isMariaDb(facts) ? [rename, ...keepAdminOptions(from, to, held, facts)] : [rename];
}

function dropPrincipal(account: Account, facts: MySqlFacts): Statement {
  const kind = isMariaDb(facts) && account.host === "" ? "ROLE" : "USER";
  return {
    step: `dropping ${accountWords(account)}`,
    sql: `DROP ${kind} IF EXISTS ${accountSql(account, facts)}`,
  };
}

function createDatabase(database: string, charset?: string): Statement {
  if (charset !== undefined && !/^[A-Za-z0-9_]+$/.test(charset))
    throw new DbAccessError("InvalidInput", "A character set is named by letters, digits and underscores.");
  return {
    step: `creating database ${database}`,
    sql: `CREATE DATABASE ${identifierSql(database)} CHARACTER SET ${charset ?? "utf8mb4"}`,
    refusals: [
      {
        errno: 1007,
        code: "DatabaseExists",
        message: `The database ${database} was created by somebody else meanwhile.`,
        transient: true,
      },
    ],
  };
}
