import { LEDGER_NAME } from "../../access/names";
import { DbAccessError } from "../../errors";
import { part, type Part } from "./connection";
import { literal } from "./quote";

interface TrustRow {
  words: string;
  owner: string;
  ours: boolean;
  /** Who else holds a privilege on it. */
  holders: string[];
  /** Code or rules that would run, or rows that would be hidden, when the provisioner uses it. */
  altered: boolean;
}

const holders = (acl: string, owner: string): string =>
  `ARRAY(SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END
     FROM aclexplode(${acl}) a WHERE a.grantee <> ${owner})`;

const trustQuery = `
SELECT 'schema ' || n.nspname AS words, pg_get_userbyid(n.nspowner)::text AS owner,
  n.nspowner = (SELECT oid FROM pg_roles WHERE rolname = current_user) AS ours,
  ${holders("n.nspacl", "n.nspowner")} AS holders, false AS altered
FROM pg_namespace n WHERE n.nspname = ${literal(LEDGER_NAME)}
UNION ALL
SELECT 'table ' || n.nspname || '.' || c.relname, pg_get_userbyid(c.relowner)::text,
  c.relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user),
  ${holders("c.relacl", "c.relowner")} || ARRAY(SELECT DISTINCT pg_get_userbyid(a.grantee)::text FROM pg_attribute t
    CROSS JOIN LATERAL aclexplode(t.attacl) a WHERE t.attrelid = c.oid AND a.grantee <> c.relowner),
  c.relkind <> 'r' OR c.relhastriggers OR c.relhasrules OR c.relrowsecurity
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ${literal(LEDGER_NAME)} AND c.relname IN ('meta', 'claims')`;

/** The schema and its two tables. */
const parts = 3;

/**
 * Fails, by a division by zero, where there is no ledger or it must not be believed: what comes after it in the same
 * message is not even looked at then. To read a view that somebody has put there would be to run his code.
 */
export const trustGuard = `SELECT 1 / (SELECT count(*) = ${parts} AND bool_and(ours AND holders = '{}' AND NOT altered)
  FROM (${trustQuery}) l)::int AS trusted`;

export const failedTheGuard = (error: unknown): boolean =>
  error instanceof DbAccessError && error.serverCode === "22012";

/**
 * A ledger that somebody else can write would decide what is dropped. Tells whether there is one; the answer throws
 * when it must not be believed.
 */
export const trustCheck = (database: string, tell: (exists: boolean) => void): Part =>
  part<TrustRow>(trustQuery, (rows) => tell(isTrusted(rows, database)));

function isTrusted(rows: readonly TrustRow[], database: string): boolean {
  if (rows.length === 0) return false;
  for (const { words, owner, ours, holders: others, altered } of rows) {
    const where = `${words} of database ${database}`;
    if (!ours)
      throw untrusted(
        `${where} belongs to ${owner}, not to the provisioner's login`,
        `give it to that login or drop it`,
      );
    if (others.length > 0) throw untrusted(`${others.join(", ")} may use ${where}`, `revoke that`);
    if (altered) throw untrusted(`${where} has triggers, rules or row security`, `remove them`);
  }
  if (rows.length !== parts)
    throw untrusted(
      `schema ${LEDGER_NAME} of database ${database} is incomplete`,
      `drop the schema when it holds nothing of yours`,
    );
  return true;
}

const untrusted = (what: string, fix: string): DbAccessError =>
  new DbAccessError(
    "LedgerUntrusted",
    `The ledger cannot be trusted: ${what}. Nothing was done; ${fix} and run it again.`,
  );
