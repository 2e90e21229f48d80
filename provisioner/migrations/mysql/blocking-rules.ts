import type { Found } from "../finding";
import type { GrammarModules, ParserRuleContext } from "./grammar-modules";
import { find } from "./parse";

type Classes = GrammarModules["parser"];
export type Column = InstanceType<Classes["ColumnDefinitionContext"]>;

const online = "say LOCK=NONE to be refused in place of that";
const checked: Found = ["blocking-constraint", `checks every row, and copies the table, while writers wait; ${online}`];
export const slowIndex: Found = ["blocking-index", "makes an index of a kind for which writers have to wait"];

/** The columns that it adds. */
export function columnsOf(classes: Classes, option: ParserRuleContext): Column[] {
  if (option instanceof classes.AlterByAddColumnContext) return [option.columnDefinition()];
  return option instanceof classes.AlterByAddColumnsContext ? option.columnDefinition() : [];
}

export const isNumbered = (classes: Classes, constraint: ParserRuleContext): boolean =>
  constraint instanceof classes.AutoIncrementColumnConstraintContext && constraint.KW_AUTO_INCREMENT() !== null;

/** An index of what is computed. */
export const isComputed = (classes: Classes, index: ParserRuleContext): boolean =>
  find(index, classes.IndexColumnNameContext).some((column) => column.expression() !== null);

/** The server does this while others write, or refuses it. */
export const isOnline = (classes: Classes, options: readonly ParserRuleContext[]): boolean =>
  options.some(
    (option) =>
      (option instanceof classes.AlterByLockContext && option.KW_NONE() !== null) ||
      (option instanceof classes.AlterBySetAlgorithmContext && option.KW_INSTANT() !== null),
  );

/** For what the servers themselves refuse with LOCK=NONE. */
export function blocking(classes: Classes, options: readonly ParserRuleContext[]): Found[] {
  const has = (wanted: new (...of: never[]) => ParserRuleContext): boolean =>
    options.some((one) => one instanceof wanted);
  const found = options.flatMap((option) => [
    ...blocked(classes, option),
    ...columnsOf(classes, option).flatMap((column) => column.columnConstraint().flatMap((one) => added(classes, one))),
  ]);
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

type Check = InstanceType<Classes["CheckConstraintDefinitionContext"]>;

/** One that is not enforced reads no row. */
const checks = (check: Check | null): Found[] => ((check?.KW_NOT() ?? null) === null ? [checked] : []);

function blocked(classes: Classes, option: ParserRuleContext): Found[] {
  if (option instanceof classes.AlterByModifyColumnContext || option instanceof classes.AlterByChangeColumnContext)
    return [["change-type", `may write the whole table anew while writers wait; ${online}`]];
  if (option instanceof classes.AlterByConvertCharsetContext)
    return [["change-type", `writes the whole table anew while writers wait; ${online}`]];
  if (option instanceof classes.AlterByAddForeignKeyContext) return [checked];
  if (option instanceof classes.AlterByAddCheckTableConstraintContext)
    return checks(option.checkConstraintDefinition());
  const isIndex =
    option instanceof classes.AlterByAddIndexContext || option instanceof classes.AlterByAddUniqueKeyContext;
  return option instanceof classes.AlterByAddSpecialIndexContext || (isIndex && isComputed(classes, option))
    ? [slowIndex]
    : [];
}

/** Of a column that is added. */
function added(classes: Classes, constraint: ParserRuleContext): Found[] {
  if (isNumbered(classes, constraint))
    return [["blocking-index", "numbers every row while writers wait; make a new table with the column, and copy"]];
  if (constraint instanceof classes.GeneratedColumnConstraintContext && constraint.KW_STORED() !== null)
    return [["change-type", "computes a value for every row while writers wait; a VIRTUAL column needs none"]];
  if (constraint instanceof classes.DefaultColumnConstraintContext && constraint.defaultValue().LR_BRACKET() !== null)
    return [["change-type", "computes a value for every row while writers wait; add it without, and then SET DEFAULT"]];
  // MySQL 8 reads such a reference, and makes none.
  if (constraint instanceof classes.ReferenceColumnConstraintContext) return [checked];
  return constraint instanceof classes.CheckExprContext ? checks(constraint.checkConstraintDefinition()) : [];
}
