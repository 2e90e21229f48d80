import { databaseOfTarget, futureOf, objectNamesOf, schemaOfTarget, type RoutineName, type Target } from "../claims";
import { LEDGER_NAME, productWords, type NameKind } from "../names";
import { hasTargetKind } from "../privileges";
import { parseSignature } from "../signature";
import type { Checker } from "./checker";

const arrayOfText = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((part) => typeof part === "string");

/** What to use where a product does not have a kind. */
const instead: Partial<Record<Target["kind"], string>> = {
  global: "Privileges on the whole server exist on MySQL and MariaDB; use a membership in a predefined role.",
  schema: 'use on.kind "database".',
  sequences: 'use on.kind "tables".',
};

export function targetProblems(on: Target, check: Checker): void {
  const { context, add, name } = check;
  const words = productWords(context.product);
  if (!hasTargetKind(context.product, on.kind)) {
    const fix = instead[on.kind];
    add(
      "on.kind",
      on.kind === "schema"
        ? `${words} has no schemas; ${fix ?? ""}`
        : `${words} has no privileges on ${on.kind}${fix === undefined ? "; remove the grant." : `; ${fix}`}`,
      "NotSupported",
    );
    return;
  }
  if ("database" in on) placeProblems(on, check);
  switch (on.kind) {
    case "tables":
      listProblems("tables", "relation", on.tables, check);
      break;
    case "sequences":
      listProblems("sequences", "relation", on.sequences, check);
      break;
    case "types":
      listProblems("types", "type", on.types, check);
      break;
    case "columns":
      name("relation", "on.table", on.table);
      listProblems("columns", "column", on.columns, check);
      break;
    case "routines":
      routineProblems(on.routines, check);
      break;
    case "largeObjects":
      oidProblems(on.oids, check);
      break;
    case "parameters":
      parameterProblems(on.parameters, check);
      break;
    case "role":
      roleProblems(on, check);
      break;
    case "global":
    case "database":
    case "schema":
      break;
  }
  futureProblems(on, check);
}

function placeProblems(on: Target, { context, known, add, name }: Checker): void {
  const words = productWords(context.product);
  name("database", "on.database", databaseOfTarget(on));
  const schema = "schema" in on ? on.schema : undefined;
  if (context.product === "postgresql") {
    const needed = on.kind === "columns" || (on.kind !== "database" && on.kind !== "largeObjects");
    if (needed && schema === undefined && (on.kind === "columns" || futureOf(on) === undefined))
      add(
        "on.schema",
        `on.schema is missing; PostgreSQL ${on.kind} live in a schema, for example "public"${on.kind === "columns" ? "" : ". Without one, on.future must say whose are meant"}.`,
      );
    if (
      needed &&
      schema === undefined &&
      futureOf(on) !== undefined &&
      objectNamesOf(on) !== "*" &&
      known(objectNamesOf(on))
    )
      add("on.schema", `on.schema is missing; named ${on.kind} live in a schema, for example "public".`);
    name("schema", "on.schema", schema);
  } else if (schema !== undefined) add("on.schema", `${words} has no schemas; remove on.schema.`, "NotSupported");
  const text: unknown = schemaOfTarget(on);
  if (known(text) && typeof text === "string" && text.toLowerCase() === LEDGER_NAME)
    add("on.schema", `${JSON.stringify(text)} is db-access's own ledger and is never granted on.`, "ReservedName");
}

function listProblems(field: string, kind: NameKind, list: unknown, { known, add, name }: Checker): void {
  if (!known(list)) return;
  const all = field === "columns" ? "" : '"*" or ';
  if (list === "*" && all !== "") return;
  if (!Array.isArray(list) || list.length === 0)
    return add(`on.${field}`, `on.${field} must be ${all}a list of at least one name.`);
  list.forEach((value, index) => name(kind, `on.${field}[${index}]`, value));
}

function routineProblems(routines: "*" | (string | RoutineName)[], check: Checker): void {
  const { context, known, add, name } = check;
  if (!known(routines) || routines === "*") return;
  if (!Array.isArray(routines) || routines.length === 0)
    return add("on.routines", 'on.routines must be "*" or a list of at least one routine.');
  routines.forEach((routine, index) => {
    const property = `on.routines[${index}]`;
    if (!known(routine)) return;
    if (context.product === "postgresql") {
      if (typeof routine !== "string")
        add(property, 'PostgreSQL tells routines apart by their signature; write for example "total(integer)".');
      else if (parseSignature(routine) === undefined)
        add(
          property,
          `${JSON.stringify(routine)} is not a signature; write the argument types, as in "total(integer)".`,
        );
      else name("routine", property, parseSignature(routine)?.name);
    } else if (typeof routine === "string")
      add(
        property,
        `${productWords(context.product)} needs to know what ${JSON.stringify(routine)} is; write { type: "function", name: ${JSON.stringify(routine)} } or "procedure".`,
      );
    else name("routine", `${property}.name`, routine.name);
  });
}

function oidProblems(oids: unknown, { known, add }: Checker): void {
  if (!known(oids)) return;
  if (!Array.isArray(oids) || oids.length === 0)
    return add("on.oids", "on.oids must list the number of at least one large object.");
  oids.forEach((oid: unknown, index) => {
    if (known(oid) && (!Number.isInteger(oid) || Number(oid) < 1 || Number(oid) > 4_294_967_295))
      add(`on.oids[${index}]`, `on.oids[${index}] is ${JSON.stringify(oid)}; give the number of a large object.`);
  });
}

function parameterProblems(parameters: unknown, { context, known, add }: Checker): void {
  if (context.versionNumber !== undefined && context.versionNumber < 150000)
    return add("on.kind", "Privileges on parameters came with PostgreSQL 15; remove the grant.", "NotSupported");
  if (!known(parameters)) return;
  if (!Array.isArray(parameters) || parameters.length === 0)
    return add("on.parameters", 'on.parameters must list at least one, for example "log_statement".');
  parameters.forEach((parameter: unknown, index) => {
    if (known(parameter) && !/^[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)*$/.test(String(parameter)))
      add(`on.parameters[${index}]`, `${JSON.stringify(parameter)} is not the name of a parameter.`);
  });
}

function roleProblems(on: Extract<Target, { kind: "role" }>, { context, add, name }: Checker): void {
  name("role", "on.role", on.role);
  const options = on.inherit !== undefined || on.set !== undefined;
  if (context.product !== "postgresql") {
    if (options)
      add(
        "on.inherit",
        `${productWords(context.product)} memberships have neither inherit nor set; use on.default.`,
        "NotSupported",
      );
    return;
  }
  if (on.default !== undefined)
    add("on.default", "PostgreSQL memberships are always active; remove on.default.", "NotSupported");
  if (options && context.versionNumber !== undefined && context.versionNumber < 160000)
    add("on.inherit", "inherit and set of a membership came with PostgreSQL 16; remove them.", "NotSupported");
}

function futureProblems(on: Target, { context, known, add, name }: Checker): void {
  const future = futureOf(on);
  if (future === undefined || !known(future)) return;
  if (context.product !== "postgresql")
    return add(
      "on.future",
      `${productWords(context.product)} has no default privileges; "*" covers future ones already. Remove on.future.`,
      "NotSupported",
    );
  const creators = future.createdBy;
  if (known(creators) && (!Array.isArray(creators) || creators.length === 0))
    add("on.future.createdBy", "on.future.createdBy must name at least one role whose future objects are meant.");
  else if (arrayOfText(creators))
    creators.forEach((role, index) => name("role", `on.future.createdBy[${index}]`, role));
}
