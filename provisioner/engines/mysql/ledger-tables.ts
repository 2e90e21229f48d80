import { ledgerDatabase } from "./trust";

export const format = 1;
export const claimsTable = `${ledgerDatabase}.claims`;
export const metaTable = `${ledgerDatabase}.meta`;

/** Each step can run again. The meta row comes last: without it there is no ledger yet. */
export const creation: { step: string; sql: string }[] = [
  {
    step: "creating the ledger's database",
    sql: `CREATE DATABASE IF NOT EXISTS ${ledgerDatabase} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  },
  {
    // `former`: a JSON list of the names that the cluster had before, when rows of those may still be here.
    step: "creating the ledger's format table",
    sql: `CREATE TABLE IF NOT EXISTS ${metaTable} (
      id TINYINT NOT NULL PRIMARY KEY,
      format INT NOT NULL,
      cluster VARCHAR(64) NOT NULL,
      former TEXT NOT NULL
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  },
  {
    // Ids are percent-encoded, so their longest names still are ASCII and fit the length an index may have.
    step: "creating the ledger's claim table",
    sql: `CREATE TABLE IF NOT EXISTS ${claimsTable} (
      id VARCHAR(2048) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      owner VARCHAR(2048) NOT NULL,
      kind VARCHAR(16) NOT NULL,
      grantee VARCHAR(128) NOT NULL,
      database_name VARCHAR(128) NOT NULL,
      state VARCHAR(8) NOT NULL,
      generation BIGINT NOT NULL,
      adopted BOOLEAN NOT NULL,
      retained BOOLEAN NOT NULL,
      claim MEDIUMTEXT NOT NULL,
      items MEDIUMTEXT NOT NULL,
      credentials TEXT NULL,
      updated TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
      KEY owner (owner(191)),
      KEY grantee (grantee),
      KEY state (state)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin ROW_FORMAT=DYNAMIC`,
  },
];
