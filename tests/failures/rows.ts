import type { Place } from "./place";
import { beginningRows } from "./rows-beginning";
import { passwordRows } from "./rows-passwords";
import { reachRows } from "./rows-reach";
import { rotationRows } from "./rows-rotation";
import { serverRows } from "./rows-server";

export type Product = "postgresql" | "mysql" | "mariadb";

/** One failure of the matrix as a test. */
export interface Row {
  row: `F${number}`;
  title: string;
  /** Servers on which it can happen. Default: all. */
  only?: readonly Product[];
  /** The first major version that can have it. Default: all. */
  from?: number;
  run(place: Place): Promise<void>;
}

export const rows: readonly Row[] = [...beginningRows, ...passwordRows, ...rotationRows, ...reachRows, ...serverRows];

/** The matrix has this many rows. */
export const lastRow = 30;

/** Rows that no machine without AWS can have, and what of them is tested nevertheless. */
export const notLocal: Record<string, string> = {
  F16: "a paused Aurora Serverless cluster does not exist outside of AWS; that a server on its way back is waited for is tested in tests/provisioner/postgresql/connection.test.ts and tests/rules/rule-10-unreachable.ts",
  F25: "whether RDS shuts its master user out depends on RDS's own pg_hba.conf; the guard and its way back are tested with RDS's order of lines in tests/provisioner/postgresql/iam-suite.ts",
};
