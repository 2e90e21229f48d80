import type { Node, Statement } from "./parse";

const PUBLIC = "public.";
const keyOf = (schema: string, name: string): string => (schema === "" ? name : `${schema}.${name}`);

/** Of a RangeVar. */
export function nameOf(range: unknown): string {
  const { schemaname = "", relname = "" } = (range ?? {}) as { schemaname?: string; relname?: string };
  return keyOf(schemaname, relname);
}

/** `table` and `public.table` are the same to everybody who has not changed the search path. */
export const isAmong = (names: ReadonlySet<string>, name: string): boolean =>
  names.has(name) ||
  (name.startsWith(PUBLIC) && names.has(name.slice(PUBLIC.length))) ||
  (!name.includes(".") && (names.has(`${PUBLIC}${name}`) || names.has(`pg_temp.${name}`)));

/** The table that a statement makes, where it is certain that it was not there before. */
export function tableMadeBy({ node, body }: Statement, made: ReadonlySet<string>): string | undefined {
  if (body.if_not_exists === true) return undefined;
  if (node === "CreateStmt") return madeNameOf(body.relation);
  if (node === "CreateTableAsStmt") return madeNameOf((body.into as Node | undefined)?.rel);
  const { schemaname = "" } = (body.relation ?? {}) as { schemaname?: string };
  return node === "RenameStmt" && body.renameType === "OBJECT_TABLE" && isAmong(made, nameOf(body.relation))
    ? keyOf(schemaname, String(body.newname))
    : undefined;
}

/** A temporary table stands before another of its name, and is not that one. */
const madeNameOf = (range: unknown): string => {
  const { relname = "", relpersistence } = (range ?? {}) as { relname?: string; relpersistence?: string };
  return relpersistence === "t" ? `pg_temp.${relname}` : nameOf(range);
};

const words = (list: unknown): string[] =>
  ((list ?? []) as { String?: { sval?: string } }[]).map((each) => each.String?.sval ?? "");

const whole = (parts: readonly string[]): string => parts.join(".");

/** What a statement drops, each by the name that what makes it has as well. */
export const droppedBy = (body: Node): string[] =>
  ((body.objects ?? []) as { List?: { items?: unknown }; ObjectWithArgs?: { objname?: unknown } }[]).map((object) => {
    const parts = words(object.List?.items ?? object.ObjectWithArgs?.objname);
    if (body.removeType !== "OBJECT_TRIGGER" && body.removeType !== "OBJECT_POLICY") return whole(parts);
    return `${whole(parts.slice(0, -1))} ${parts.at(-1) ?? ""}`;
  });

/** What has no rows and may be dropped to be made anew. */
const makers: Readonly<Record<string, { drop: string[]; name: (body: Node) => string }>> = {
  ViewStmt: { drop: ["OBJECT_VIEW"], name: (body) => nameOf(body.view) },
  CreateFunctionStmt: {
    drop: ["OBJECT_FUNCTION", "OBJECT_PROCEDURE"],
    name: (body) => whole(words(body.funcname)),
  },
  CreateTrigStmt: { drop: ["OBJECT_TRIGGER"], name: (body) => `${nameOf(body.relation)} ${String(body.trigname)}` },
  CreatePolicyStmt: { drop: ["OBJECT_POLICY"], name: (body) => `${nameOf(body.table)} ${String(body.policy_name)}` },
};

/** Whether all of what a statement drops is made anew behind it: nobody sees that it was gone. */
export function isMadeAnew(drop: Node, behind: readonly Statement[]): boolean {
  if (drop.behavior === "DROP_CASCADE") return false;
  const anew = new Set(
    behind.flatMap(({ node, body }) => {
      const maker = makers[node];
      return maker?.drop.includes(String(drop.removeType)) === true ? [maker.name(body)] : [];
    }),
  );
  return droppedBy(drop).every((name) => isAmong(anew, name));
}
