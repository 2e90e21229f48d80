import type { Finding, Found } from "../finding";
import type { FileProblem } from "../folder";
import type { Header } from "../header";
import { addedColumn } from "./column-rules";
import { droppedBy, isAmong, isMadeAnew, nameOf, tableMadeBy } from "./made";
import type { Node, Statement } from "./parse";

/** What cannot be run at all, or not in this way. Said before anything runs. */
export function statementProblems(file: string, header: Header, statements: readonly Statement[]): FileProblem[] {
  return statements.flatMap((statement) => {
    const words = problemOf(header, statement);
    return words === undefined ? [] : [{ file, words: `${words} (line ${statement.line})` }];
  });
}

function problemOf({ noTransaction }: Header, { node, body }: Statement): string | undefined {
  if (node === "TransactionStmt")
    return noTransaction
      ? "begins or ends a transaction, and each statement of this file is one; remove it"
      : "begins or ends a transaction, and the file is one already; remove it";
  if (node === "CopyStmt" && body.is_from === true && body.filename === undefined)
    return "loads rows with COPY … FROM STDIN, which is for psql; write them as INSERT, or load them from S3";
  if (node === "CopyStmt" && (body.filename !== undefined || body.is_program === true))
    return "reads or writes a file of the server, which RDS does not let; remove it";
  if (!noTransaction && outsideOnly(node, body))
    return 'cannot run in a transaction; put it into a file of its own that begins with "-- migrate: no-transaction"';
  return undefined;
}

const outsideOnly = (node: string, body: Node): boolean =>
  ((node === "IndexStmt" || node === "DropStmt") && body.concurrent === true) ||
  (node === "ReindexStmt" && JSON.stringify(body.params ?? []).includes('"concurrently"')) ||
  (node === "VacuumStmt" && body.is_vacuumcmd === true) ||
  node === "CreatedbStmt" ||
  node === "DropdbStmt" ||
  node === "CreateTableSpaceStmt" ||
  node === "DropTableSpaceStmt" ||
  node === "AlterSystemStmt" ||
  (node === "AlterTableStmt" &&
    commandsOf(body).some(({ subtype, def }) => subtype === "AT_DetachPartition" && isConcurrent(def)));

const isConcurrent = (def: unknown): boolean => JSON.stringify(def ?? {}).includes('"concurrent":true');

interface Command {
  subtype?: string;
  def?: unknown;
}

const commandsOf = (body: Node): Command[] =>
  ((body.cmds ?? []) as { AlterTableCmd?: Command }[]).flatMap(({ AlterTableCmd }) =>
    AlterTableCmd === undefined ? [] : [AlterTableCmd],
  );

/** What destroys data or makes others wait, in the order of the file. */
export function findingsOf(file: string, statements: readonly Statement[]): Finding[] {
  const made = new Set<string>();
  return statements.flatMap((statement, index): Finding[] => {
    const found = [
      ...lint(statement, made, statements.slice(index + 1)),
      ...withinOf(statement.body).flatMap((within) => lint(within, made, [])),
    ];
    const table = tableMadeBy(statement, made);
    if (table !== undefined) made.add(table);
    return found.map(([kind, words]) => ({ file, kind, words, line: statement.line }));
  });
}

/** Statements that stand in a WITH, and change rows as any other. */
function withinOf({ withClause }: Node): Pick<Statement, "node" | "body">[] {
  const { ctes = [] } = (withClause ?? {}) as { ctes?: { CommonTableExpr?: { ctequery?: Record<string, Node> } }[] };
  return ctes.flatMap(({ CommonTableExpr }) =>
    Object.entries(CommonTableExpr?.ctequery ?? {}).map(([node, body]) => ({ node, body })),
  );
}

const relationOf = ({ relation }: Node): string => nameOf(relation);

const drops: Record<string, Found> = {
  OBJECT_TABLE: ["drop-table", "drops a table with its rows; let one release run that does not use it first"],
  OBJECT_MATVIEW: ["drop-object", "drops a materialized view; let one release run that does not use it first"],
  OBJECT_SCHEMA: ["drop-schema", "drops a schema; let one release run that does not use it first"],
};

/** A table that the same file has made is nobody's yet. */
function lint(
  { node, body }: Pick<Statement, "node" | "body">,
  made: ReadonlySet<string>,
  behind: readonly Statement[],
): Found[] {
  switch (node) {
    case "DropStmt": {
      const type = String(body.removeType);
      if (type === "OBJECT_INDEX" || isMadeAnew(body, behind)) return [];
      if (type === "OBJECT_TABLE" && droppedBy(body).every((name) => isAmong(made, name))) return [];
      return [drops[type] ?? ["drop-object", "drops an object; let one release run that does not use it first"]];
    }
    case "DropOwnedStmt":
      return [["drop-object", "drops everything that a role owns; name what is meant"]];
    case "TruncateStmt":
      if (((body.relations ?? []) as { RangeVar?: Node }[]).every(({ RangeVar }) => isAmong(made, nameOf(RangeVar))))
        return [];
      return [["truncate", "takes every row away, and locks the table against all readers"]];
    case "DeleteStmt":
      return body.whereClause === undefined && !isAmong(made, relationOf(body))
        ? [["delete-all", "deletes every row; say which with WHERE"]]
        : [];
    case "UpdateStmt":
      return body.whereClause === undefined && !isAmong(made, relationOf(body))
        ? [["update-all", "writes every row in one go; do it in parts, outside of the deployment"]]
        : [];
    case "RenameStmt":
      return renamed(body, made);
    case "IndexStmt":
      return body.concurrent === true || isAmong(made, relationOf(body))
        ? []
        : [["blocking-index", "makes an index while writers wait; use CREATE INDEX CONCURRENTLY in a file of its own"]];
    case "AlterTableStmt":
      return isAmong(made, relationOf(body)) ? [] : commandsOf(body).flatMap(altered);
    default:
      return [];
  }
}

const renamed = (body: Node, made: ReadonlySet<string>): Found[] =>
  (body.renameType === "OBJECT_COLUMN" || body.renameType === "OBJECT_TABLE") && !isAmong(made, relationOf(body))
    ? [
        [
          "rename",
          "renames what a running application uses; add the new one, copy, and drop the old one a release later",
        ],
      ]
    : [];

function altered({ subtype, def }: Command): Found[] {
  switch (subtype) {
    case "AT_AddColumn":
      return addedColumn(def);
    case "AT_DropColumn":
      return [["drop-column", "drops a column with its values; let one release run that does not use it first"]];
    case "AT_AlterColumnType":
      return [
        [
          "change-type",
          "writes the whole table anew while everybody waits; add a column of the new type, copy, and swap",
        ],
      ];
    case "AT_SetNotNull":
      return [
        [
          "not-null",
          "reads the whole table while everybody waits; add CHECK (… IS NOT NULL) NOT VALID, validate it, then set it",
        ],
      ];
    case "AT_AddConstraint": {
      const { skip_validation, contype, indexname } = ((def as { Constraint?: Node } | undefined)?.Constraint ??
        {}) as {
        skip_validation?: boolean;
        contype?: string;
        indexname?: string;
      };
      if (contype === "CONSTR_EXCLUSION")
        return [["blocking-constraint", "makes an index while everybody waits; do it when few are at work"]];
      const isChecked = contype === "CONSTR_CHECK" || contype === "CONSTR_FOREIGN";
      if (isChecked && skip_validation !== true)
        return [
          [
            "blocking-constraint",
            "checks every row while writers wait; add it NOT VALID, and VALIDATE CONSTRAINT in another file",
          ],
        ];
      if ((contype === "CONSTR_UNIQUE" || contype === "CONSTR_PRIMARY") && indexname === undefined)
        return [
          [
            "blocking-constraint",
            "makes an index while everybody waits; make it CONCURRENTLY first, and add the constraint USING INDEX",
          ],
        ];
      return [];
    }
    default:
      return [];
  }
}
