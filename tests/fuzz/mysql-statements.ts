import { format } from "mysql2";
import type { Operation } from "../../provisioner/access/operation";
import type { ReadQuery } from "../../provisioner/access/server";
import type { Connection, Row, Value } from "../../provisioner/engines/mysql/connection";
import type { MySqlFacts } from "../../provisioner/engines/mysql/facts";
import { MySqlLedger } from "../../provisioner/engines/mysql/ledger";
import { readingOf } from "../../provisioner/engines/mysql/ledger-query";
import type { ClusterLock } from "../../provisioner/engines/mysql/lock";
import { readState } from "../../provisioner/engines/mysql/read";
import { statementsOf } from "../../provisioner/engines/mysql/statements";
import type { Names } from "./claims";

export const mysqlFacts = (product: "mysql" | "mariadb", partialRevokes = false): MySqlFacts => ({
  family: "mysql",
  product,
  version: product === "mysql" ? "8.0.36" : "10.11.14",
  versionNumber: product === "mysql" ? 80036 : 101114,
  admin: { name: "dbadmin", host: "%" },
  adminDatabase: "",
  forcesTls: false,
  iamAvailable: true,
  partialRevokes,
  lowerCaseTableNames: 0,
  dualPasswords: product === "mysql",
  cachingSha2: product === "mysql",
  maxNameLength: product === "mysql" ? 32 : 128,
});

const verifiers = { mysql: `$A$005$${"s".repeat(20)}${"h".repeat(43)}`, mariadb: `*${"A1".repeat(20)}` };

export function mysqlStatements(operations: readonly Operation[], facts: MySqlFacts): string[] {
  return operations.flatMap((operation) => {
    const account = "account" in operation ? operation.account : { name: "" };
    const verifier = facts.product === "mysql" ? verifiers.mysql : verifiers.mariadb;
    return statementsOf(operation, {
      facts,
      verifiers: new Map([[`${account.name}\u0000${account.host ?? ""}`, verifier]]),
      held: { items: [], defaults: [] },
    }).map(({ sql }) => sql);
  });
}

/** Keeps what is sent, as the driver writes it, and answers nothing. */
class Recorder {
  readonly sent: string[] = [];

  rows(_step: string, sql: string, values: Value[] = []): Promise<Row[]> {
    this.sent.push(format(sql, values));
    return Promise.resolve([]);
  }

  run(step: string, sql: string, values: Value[] = []): Promise<number> {
    return this.rows(step, sql, values).then(() => 0);
  }
}

/** The questions that a batch with these names asks of the server, and what it writes into the ledger. */
export async function mysqlQuestions(names: Names, facts: MySqlFacts): Promise<string[]> {
  const { login, role, database, object, text } = names;
  const recorder = new Recorder();
  const connection = recorder as unknown as Connection;
  const query: ReadQuery = {
    names: [login, role],
    databases: [database],
    schemas: [{ database, schema: "", routines: true }],
    ownersOf: [login],
    columnsOf: [{ database, schema: "", table: object }],
    globals: true,
  };
  await readState(connection, facts, query);
  const claim = { kind: "login" as const, name: login, auth: { kind: "iam" as const }, deletion: "drop" as const };
  const ledger = new MySqlLedger(connection, facts, { isHeld: true } as ClusterLock, object);
  await ledger.change({
    write: [
      {
        ...{ id: text, owner: role, kind: "login", grantee: login, database, state: "done", claim, items: [] },
        ...{ generation: 1, adopted: false, retained: false },
      },
    ],
    remove: [text],
  });
  const ids = `mysql/${object}/${text}`;
  const { sql, values } = readingOf(
    { ids: [ids], idPrefixes: [ids], owners: [role], grantees: [login] },
    "mysql",
    object,
  );
  return [...recorder.sent, format(sql, values)];
}
