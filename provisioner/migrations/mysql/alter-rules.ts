import type { FindingKind } from "../finding";
import type { GrammarModules, ParserRuleContext } from "./grammar-modules";
import { nameOf } from "./parse";

export type Found = [FindingKind, string];
type Classes = GrammarModules["parser"];

const online = "say LOCK=NONE to be refused in place of that";

/** Each part of one ALTER TABLE. What the server itself would refuse to do with a lock blocks nobody. */
export function alterations(classes: Classes, tree: InstanceType<Classes["AlterTableContext"]>): Found[] {
  const options = tree.alterOption();
  const partitions = [
    ...tree.alterPartitionSpecification(),
    ...options.flatMap((option) =>
      option instanceof classes.AlterPartitionContext ? [option.alterPartitionSpecification()] : [],
    ),
  ];
  const found = [
    ...options.flatMap((option) => losing(classes, option)),
    ...partitions.flatMap((part) => emptied(classes, part)),
  ];
  return isOnline(classes, options) ? found : [...found, ...blocking(classes, options)];
}

function losing(classes: Classes, option: ParserRuleContext): Found[] {
  if (option instanceof classes.AlterByDropColumnContext)
    return [["drop-column", "drops a column with its values; let one release run that does not use it first"]];
  if (option instanceof classes.AlterTableSpaceOptionContext && option.KW_DISCARD() !== null)
    return [["truncate", "takes every row away with the table's file"]];
  if (
    option instanceof classes.AlterByRenameContext ||
    option instanceof classes.AlterByRenameColumnContext ||
    (option instanceof classes.AlterByChangeColumnContext && changesName(option))
  )
    return [renamed];
  return columnsOf(classes, option).some((column) => isDemanded(classes, column))
    ? [
        [
          "not-null",
          "adds a column that every INSERT has to name, and a running application does not know it; give it a DEFAULT",
        ],
      ]
    : [];
}

export const renamed: Found = [
  "rename",
  "renames what a running application uses; add the new one, copy, and drop the old one a release later",
];

/** Names of columns are the same in upper and in lower case. */
const changesName = (option: InstanceType<Classes["AlterByChangeColumnContext"]>): boolean => {
  const [before] = option.columnName();
  return before === undefined || nameOf(before).toUpperCase() !== nameOf(option.columnNameCreate()).toUpperCase();
};

type Column = InstanceType<Classes["ColumnDefinitionContext"]>;

/** Those that it adds. */
function columnsOf(classes: Classes, option: ParserRuleContext): Column[] {
  if (option instanceof classes.AlterByAddColumnContext) return [option.columnDefinition()];
  return option instanceof classes.AlterByAddColumnsContext ? option.columnDefinition() : [];
}

function isDemanded(classes: Classes, column: Column): boolean {
  const constraints = column.columnConstraint();
  const has = (test: (constraint: ParserRuleContext) => boolean): boolean => constraints.some(test);
  return (
    has((one) => one instanceof classes.NullColumnConstraintContext && one.nullNotNull().KW_NOT() !== null) &&
    !has(
      (one) =>
        one instanceof classes.DefaultColumnConstraintContext ||
        one instanceof classes.GeneratedColumnConstraintContext ||
        one instanceof classes.SerialDefaultColumnConstraintContext ||
        isNumbered(classes, one),
    )
  );
}

const isNumbered = (classes: Classes, constraint: ParserRuleContext): boolean =>
  constraint instanceof classes.AutoIncrementColumnConstraintContext && constraint.KW_AUTO_INCREMENT() !== null;

function emptied(classes: Classes, part: ParserRuleContext): Found[] {
  if (part instanceof classes.AlterByDropPartitionContext)
    return [["drop-table", "drops a partition with its rows; let one release run that does not use them first"]];
  if (part instanceof classes.AlterByTruncatePartitionContext || part instanceof classes.AlterByDiscardPartitionContext)
    return [["truncate", "takes every row of a partition away"]];
  return [];
}

/** The server does this while others write, or refuses it. */
const isOnline = (classes: Classes, options: readonly ParserRuleContext[]): boolean =>
  options.some(
    (option) =>
      (option instanceof classes.AlterByLockContext && option.KW_NONE() !== null) ||
      (option instanceof classes.AlterBySetAlgorithmContext && option.KW_INSTANT() !== null),
  );

function blocking(classes: Classes, options: readonly ParserRuleContext[]): Found[] {
  const has = (wanted: new (...of: never[]) => ParserRuleContext): boolean =>
    options.some((one) => one instanceof wanted);
  const found = options.flatMap((option) => blocked(classes, option));
  if (has(classes.AlterByDropPrimaryKeyContext) && !has(classes.AlterByAddPrimaryKeyContext))
    found.push(["blocking-constraint", `drops the primary key, which copies the table while writers wait; ${online}`]);
  const isAsked = options.some(
    (option) =>
      (option instanceof classes.AlterBySetAlgorithmContext && option.KW_COPY() !== null) ||
      (option instanceof classes.AlterByLockContext && (option.KW_SHARED() ?? option.KW_EXCLUSIVE()) !== null),
  );
  if (isAsked && found.length === 0)
    found.push([
      "change-type",
      "asks for a copy of the table or for a lock, and writers wait for as long; leave that out",
    ]);
  return found;
}

function blocked(classes: Classes, option: ParserRuleContext): Found[] {
  if (option instanceof classes.AlterByModifyColumnContext || option instanceof classes.AlterByChangeColumnContext)
    return [["change-type", `may write the whole table anew while writers wait; ${online}`]];
  if (option instanceof classes.AlterByConvertCharsetContext)
    return [["change-type", `writes the whole table anew while writers wait; ${online}`]];
  if (
    option instanceof classes.AlterByAddForeignKeyContext ||
    option instanceof classes.AlterByAddCheckTableConstraintContext
  )
    return [["blocking-constraint", `checks every row, and copies the table, while writers wait; ${online}`]];
  if (option instanceof classes.AlterByAddSpecialIndexContext)
    return [["blocking-index", "makes an index of a kind for which writers have to wait"]];
  return columnsOf(classes, option).flatMap((column) =>
    column.columnConstraint().flatMap((constraint): Found[] => {
      if (isNumbered(classes, constraint))
        return [["blocking-index", "numbers every row while writers wait; add the column to a new table, and copy"]];
      if (constraint instanceof classes.GeneratedColumnConstraintContext && constraint.KW_STORED() !== null)
        return [["change-type", "computes a value for every row while writers wait; a VIRTUAL column needs none"]];
      if (constraint instanceof classes.CheckExprContext)
        return [["blocking-constraint", `checks every row, and copies the table, while writers wait; ${online}`]];
      return [];
    }),
  );
}
