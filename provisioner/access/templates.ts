import type { TargetKind, Template } from "./claims";
import { canonicalPrivilege, expandPrivileges } from "./privileges";
import type { Product } from "./server";

const admin = [
  "SELECT",
  "INSERT",
  "UPDATE",
  "DELETE",
  "CREATE",
  "REFERENCES",
  "INDEX",
  "ALTER",
  "CREATE TEMPORARY TABLES",
  "CREATE VIEW",
  "SHOW VIEW",
  "CREATE ROUTINE",
  "ALTER ROUTINE",
  "EXECUTE",
  "EVENT",
  "TRIGGER",
];

/** On MySQL and MariaDB a template is a set of database-level privileges, exactly as the mission lists them. */
const mysql: Record<string, string[]> = {
  read: ["SELECT"],
  readonly: ["SELECT"],
  write: ["SELECT", "INSERT", "UPDATE"],
  readwrite: ["SELECT", "INSERT", "UPDATE", "DELETE"],
  admin,
  trusted_admin: ["ALL"],
};

/** What a template on a PostgreSQL schema is made of. */
export type TemplateClass = "schema" | "tables" | "sequences" | "routines" | "types";
type ByClass = Partial<Record<TemplateClass, string[]>>;

const reading: ByClass = { schema: ["USAGE"], tables: ["SELECT"], sequences: ["SELECT"] };
const writing = (...tables: string[]): ByClass => ({
  schema: ["USAGE"],
  tables,
  sequences: ["SELECT", "USAGE"],
  routines: ["EXECUTE"],
});

/** On PostgreSQL a template speaks of a whole schema, or of one class of its objects where the target is only that. */
const postgresql: Record<string, ByClass> = {
  read: reading,
  readonly: reading,
  write: writing("SELECT", "INSERT", "UPDATE"),
  readwrite: writing("SELECT", "INSERT", "UPDATE", "DELETE"),
  admin: {
    schema: ["CREATE", "USAGE"],
    tables: ["SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "TRIGGER"],
    sequences: ["ALL"],
    routines: ["EXECUTE"],
    types: ["USAGE"],
  },
  trusted_admin: { schema: ["ALL"], tables: ["ALL"], sequences: ["ALL"], routines: ["ALL"], types: ["ALL"] },
};

export const templateClasses: readonly TemplateClass[] = ["schema", "tables", "sequences", "routines", "types"];
export const templateNames: readonly string[] = Object.keys(mysql);

/** Deep enough for anybody, and an end to a structure that goes on. */
const MAX_DEPTH = 8;

export interface TemplateProblem {
  /** Below `template`: `extends[0]`, `privileges[1]`. */
  path: string;
  words: string;
}

/** Every named template that a template is built on, with its place. */
export function templateProblems(template: Template, isKnown = (_value: unknown): boolean => true): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  const walk = (part: Template, path: string, depth: number): void => {
    if (!isKnown(part)) return;
    if (typeof part === "string") {
      if (!templateNames.includes(part))
        problems.push({
          path,
          words: `Template ${JSON.stringify(part)} is not known; use one of ${templateNames.join(", ")}.`,
        });
      return;
    }
    if (depth > MAX_DEPTH) {
      problems.push({ path, words: `Templates extend each other more than ${MAX_DEPTH} deep; list the privileges.` });
      return;
    }
    const below = isKnown(part.extends) ? (part.extends ?? []) : [];
    below.forEach((each, index) => walk(each, `${path === "" ? "" : `${path}.`}extends[${index}]`, depth + 1));
    if (part.extends === undefined && part.privileges === undefined)
      problems.push({ path, words: "A composed template has neither extends nor privileges; give one of them." });
  };
  walk(template, "", 0);
  return problems;
}

/**
 * A template's privileges for one class of objects; for MySQL and MariaDB the class is that of the target. A composed
 * template's own privileges are the target's, and on a schema its tables'.
 */
function privilegesFor(product: Product, template: Template, kind: TargetKind, main: TargetKind): string[] | undefined {
  if (typeof template !== "string") {
    const parts = (template.extends ?? []).map((part) => privilegesFor(product, part, kind, main));
    if (parts.some((part) => part === undefined)) return undefined;
    const own = kind === main ? (template.privileges ?? []).map(canonicalPrivilege) : [];
    return [...parts.flatMap((part) => part ?? []), ...own];
  }
  if (product === "postgresql")
    return postgresql[template]?.[kind as TemplateClass] ?? (kind === main ? undefined : []);
  if (kind === "database") return mysql[template];
  // Table level lacks what exists on a database only; the admin template would silently be less than it says.
  return kind === "tables" && template !== "admin" ? mysql[template] : undefined;
}

/** The privileges of a template on a target, or undefined where the template has no meaning there. */
export function templatePrivileges(product: Product, kind: TargetKind, template: Template): string[] | undefined {
  if (kind !== "schema") return privilegesFor(product, template, kind, kind);
  // A schema as a target means everything in it: its own privileges are only the way in.
  return product === "postgresql" ? privilegesFor(product, template, "schema", "tables") : undefined;
}

/** PostgreSQL: what a template on a schema means for each class of its objects. */
export const templateByClass = (template: Template, versionNumber: number): Record<TemplateClass, string[]> =>
  Object.fromEntries(
    templateClasses.map((kind) => [
      kind,
      expandPrivileges("postgresql", kind, privilegesFor("postgresql", template, kind, "tables") ?? [], versionNumber),
    ]),
  ) as Record<TemplateClass, string[]>;

/** The order of what a template is built on makes no difference. */
export const canonicalTemplate = (template: Template): Template =>
  typeof template === "string"
    ? template
    : {
        ...(template.extends === undefined ? {} : { extends: sortedTemplates(template.extends) }),
        ...(template.privileges === undefined
          ? {}
          : { privileges: [...new Set(template.privileges.map(canonicalPrivilege))].sort() }),
      };

function sortedTemplates(templates: readonly Template[]): Template[] {
  const byText = new Map(templates.map(canonicalTemplate).map((template) => [JSON.stringify(template), template]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, template]) => template);
}

/** For people: `read`, `read and INSERT`. */
export const templateWords = (template: Template): string =>
  typeof template === "string"
    ? template
    : [...(template.extends ?? []).map(templateWords), ...(template.privileges ?? [])].join(" and ");
