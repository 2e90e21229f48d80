import type { Found } from "../finding";
import { blocking, columnsOf, isNumbered, isOnline, type Column } from "./blocking-rules";
import type { GrammarModules, ParserRuleContext } from "./grammar-modules";
import { nameOf } from "./parse";

type Classes = GrammarModules["parser"];

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

function emptied(classes: Classes, part: ParserRuleContext): Found[] {
  if (part instanceof classes.AlterByDropPartitionContext)
    return [["drop-table", "drops a partition with its rows; let one release run that does not use them first"]];
  if (part instanceof classes.AlterByTruncatePartitionContext || part instanceof classes.AlterByDiscardPartitionContext)
    return [["truncate", "takes every row of a partition away"]];
  return [];
}
