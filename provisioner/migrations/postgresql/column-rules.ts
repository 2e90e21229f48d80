import type { Found } from "../finding";
import type { Node } from "./parse";

const serials = new Set(["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"]);
/** Another value for each row: the server cannot keep one value for all of those that are there. */
const volatile =
  /"sval":"(gen_random_uuid|uuid_generate_v[14][a-z]*|uuidv[47]|random|clock_timestamp|timeofday|nextval)"/;

const rewrite: Found = [
  "change-type",
  "writes the whole table anew while everybody waits, for each row's own value; add the column without it, and fill it in parts",
];
const index: Found = [
  "blocking-constraint",
  "makes an index while everybody waits; add the column alone, make the index CONCURRENTLY, and the constraint USING INDEX",
];
const check: Found = [
  "blocking-constraint",
  "checks every row while everybody waits; add the constraint by itself and NOT VALID, and VALIDATE CONSTRAINT in another file",
];

/** A column with a value that is the same for every row costs nothing. */
export function addedColumn(def: unknown): Found[] {
  const { typeName, constraints = [] } = ((def as { ColumnDef?: Node } | undefined)?.ColumnDef ?? {}) as {
    typeName?: { names?: { String?: { sval?: string } }[] };
    constraints?: { Constraint?: Node }[];
  };
  const type = typeName?.names?.at(-1)?.String?.sval ?? "";
  const found = constraints.flatMap(({ Constraint = {} }): Found[] => {
    switch (Constraint.contype) {
      case "CONSTR_IDENTITY":
        return [rewrite];
      case "CONSTR_GENERATED":
        return Constraint.generated_kind === "v" ? [] : [rewrite];
      case "CONSTR_DEFAULT":
        return volatile.test(JSON.stringify(Constraint.raw_expr ?? {})) ? [rewrite] : [];
      case "CONSTR_UNIQUE":
      case "CONSTR_PRIMARY":
        return [index];
      case "CONSTR_CHECK":
        return [check];
      default:
        return [];
    }
  });
  return serials.has(type) ? [rewrite, ...found] : found;
}
