import type { Account } from "../../access/account";
import type { ErrorCode } from "../../errors";
import { isMariaDb, type MySqlFacts } from "./facts";
import { accountSql } from "./names";

/** One message to the server. */
export interface Statement {
  /** What it does, in words: for errors and warnings. */
  step: string;
  sql: string;
  /** Error numbers that mean "there was nothing to do". */
  ignore?: number[];
  /** Its warnings only say that there was nothing to do. */
  quiet?: boolean;
  /** Error numbers with a meaning of their own in this statement. */
  refusals?: Refusal[];
}

export interface Refusal {
  errno: number;
  code: ErrorCode;
  message: string;
  transient: boolean;
}

/** "There is no such grant": of an account or database, table or column, routine; and of an unknown account or role. */
const nothingToRevoke = [1141, 1147, 1403, 1269, 1959, 1962, 3530, 3523, 1133];

/** What is not there any more counts as revoked. */
export function revokeStatement(step: string, what: string, from: Account, facts: MySqlFacts): Statement {
  const account = accountSql(from, facts);
  const tolerant = !isMariaDb(facts) && facts.versionNumber >= 80030;
  const sql = tolerant
    ? `REVOKE IF EXISTS ${what} FROM ${account} IGNORE UNKNOWN USER`
    : `REVOKE ${what} FROM ${account}`;
  return { step, sql, ignore: nothingToRevoke, quiet: true };
}
