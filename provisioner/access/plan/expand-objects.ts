import type { Account } from "../account";
import { futureOf, objectNamesOf, type GrantClaim, type Target } from "../claims";
import type { Item } from "../item";
import { schemaKey, type RelationState } from "../server";
import { signatureKey } from "../signature";
import { templateByClass, templateClasses } from "../templates";
import type { PlanContext } from "./context";
import type { Expansion } from "./expansion";
import { objectClasses, objectClassNames, type ObjectClassName } from "./object-class";
import { blankItem, reachItems } from "./reach";

/** Objects of one class in one schema or, without one, those of the creating roles wherever they are. */
interface Wanted {
  className: ObjectClassName;
  database: string;
  schema: string | undefined;
  names: "*" | readonly string[];
  privileges: readonly string[];
  grantable: boolean;
  creators: readonly string[];
}

type ObjectTarget = Extract<Target, { kind: ObjectClassName }>;

/** PostgreSQL: tables, sequences, routines and types, with what is needed to get at them. */
export function expandObjects(
  context: PlanContext,
  claim: GrantClaim,
  on: ObjectTarget,
  accounts: readonly Account[],
  privileges: readonly string[],
): Expansion {
  const names = objectNamesOf(on) ?? [];
  const wanted: Wanted = {
    className: on.kind,
    database: on.database,
    schema: on.schema,
    names: names === "*" ? "*" : names.map(String),
    privileges,
    grantable: claim.withGrantOption ?? false,
    creators: futureOf(on)?.createdBy ?? [],
  };
  const waitsFor = missing(context, wanted);
  const chosen = choose(context, wanted);
  const schemas = on.schema === undefined ? [...new Set(chosen.map(({ schema }) => schema))] : [on.schema];
  const reach = claim.reach !== false;
  const items = accounts.flatMap((grantee) => [
    ...(reach ? reachItems(context, grantee, on.database, schemas) : []),
    ...objectItems(wanted, chosen, grantee),
    ...(reach && on.kind === "tables" && privileges.includes("INSERT")
      ? sequenceItems(context, wanted, chosen, grantee)
      : []),
  ]);
  return { wanted: items, target: targetOf([wanted], chosen), waitsFor };
}

/** A template on a schema: the schema itself, everything in it, and what the creating roles will put there. */
export function expandSchemaTemplate(
  context: PlanContext,
  claim: GrantClaim,
  on: Extract<Target, { kind: "schema" }>,
  accounts: readonly Account[],
): Expansion {
  const byClass = templateByClass(claim.template ?? {}, context.facts.versionNumber);
  const grantable = claim.withGrantOption ?? false;
  const parts = objectClassNames.map((className): Wanted => ({
    className,
    database: on.database,
    schema: on.schema,
    names: "*",
    privileges: byClass[className],
    grantable,
    creators: on.future?.createdBy ?? [],
  }));
  const at = { ...blankItem, database: on.database, schema: on.schema, grantable };
  const wanted = accounts.flatMap((grantee): Item[] => [
    ...(claim.reach === false ? [] : reachItems(context, grantee, on.database, [])),
    ...byClass.schema.map((privilege): Item => ({ ...at, grantee, kind: "schema", privilege })),
    ...parts.flatMap((part) => objectItems(part, choose(context, part), grantee)),
  ]);
  const inside = targetOf(parts, []);
  return {
    wanted,
    target: (item) =>
      inside(item) || (item.kind === "schema" && item.database === on.database && item.schema === on.schema),
    waitsFor: missing(context, parts[0]),
  };
}

/** Whether a template on a schema needs to know a class of its objects. */
export const templateNeeds = (claim: GrantClaim, className: ObjectClassName): boolean =>
  claim.on.kind === "schema" &&
  claim.template !== undefined &&
  templateClasses.includes(className) &&
  // Which privileges a version has makes no difference to whether there are any.
  templateByClass(claim.template, Number.MAX_SAFE_INTEGER)[className].length > 0;

function missing({ state }: PlanContext, wanted: Wanted): string[] {
  const { database, schema, creators, names, className } = wanted;
  const roles = creators.filter((creator) => !state.principals.has(creator));
  if (!state.databases.has(database)) return [database, ...roles];
  if (schema !== undefined && !state.schemas.has(schemaKey(database, schema)))
    return [`${database}.${schema}`, ...roles];
  if (names === "*") return roles;
  const known = new Set(ofClass(state.relations, wanted).map((relation) => nameKey(className, relation.name)));
  return [
    ...roles,
    ...names.filter((name) => !known.has(nameKey(className, name))).map((name) => `${schema ?? ""}.${name}`),
  ];
}

const nameKey = (className: ObjectClassName, name: string): string =>
  className === "routines" ? signatureKey(name) : name;

const ofClass = (relations: readonly RelationState[], { className, database, schema }: Wanted): RelationState[] =>
  relations.filter(
    (relation) =>
      relation.database === database &&
      (schema === undefined || relation.schema === schema) &&
      objectClasses[className].relations.includes(relation.kind),
  );

function choose({ state }: PlanContext, wanted: Wanted): RelationState[] {
  const { className, schema, names, creators } = wanted;
  const relations = ofClass(state.relations, wanted);
  if (schema === undefined) return relations.filter(({ owner }) => creators.includes(owner ?? ""));
  if (names === "*") return relations;
  const keys = new Set(names.map((name) => nameKey(className, name)));
  return relations.filter(({ name }) => keys.has(nameKey(className, name)));
}

function objectItems(wanted: Wanted, chosen: readonly RelationState[], grantee: Account): Item[] {
  const { item: kind, defaults } = objectClasses[wanted.className];
  const { database, grantable } = wanted;
  // What a role creates is its own: the server keeps no default privilege of a role for itself.
  const creators = wanted.creators.filter((creator) => creator !== grantee.name);
  return wanted.privileges.flatMap((privilege): Item[] => [
    ...chosen.map(({ schema, name }): Item => ({
      ...blankItem,
      database,
      schema,
      grantee,
      kind,
      object: name,
      privilege,
      grantable,
    })),
    ...creators.map((creator): Item => ({
      ...blankItem,
      database,
      schema: wanted.schema ?? "",
      grantee,
      kind: "default",
      object: defaults,
      creator,
      privilege,
      grantable,
    })),
  ]);
}

/**
 * INSERT needs the sequences of the tables' columns. Future sequences of a creator are claimed with or without a
 * table; so are those that came in the meantime.
 */
function sequenceItems(
  { state }: PlanContext,
  wanted: Wanted,
  tables: readonly RelationState[],
  grantee: Account,
): Item[] {
  const owning = new Set(tables.map(({ schema, name }) => `${schema}\u0000${name}`));
  const sequences = { ...wanted, className: "sequences" as const, grantable: false, privileges: ["USAGE"] };
  const chosen = ofClass(state.relations, sequences).filter(
    ({ schema, ownedByTable, owner }) =>
      owning.has(`${schema}\u0000${ownedByTable ?? ""}`) || wanted.creators.includes(owner ?? ""),
  );
  return objectItems(sequences, chosen, grantee);
}

/** What exclusive mode decides about: the objects meant, the columns of tables, and the creators' defaults. */
function targetOf(parts: readonly Wanted[], chosen: readonly RelationState[]): (item: Item) => boolean {
  const keys = new Set(chosen.map(({ schema, name }) => `${schema}\u0000${name}`));
  return (item) => parts.some((part) => isTargeted(part, keys, item));
}

function isTargeted(part: Wanted, chosen: ReadonlySet<string>, item: Item): boolean {
  const { className, database, schema, names, creators } = part;
  const { item: kind, defaults } = objectClasses[className];
  if (item.database !== database) return false;
  if (item.kind === "default")
    return item.object === defaults && item.schema === (schema ?? "") && creators.includes(item.creator ?? "");
  if (item.kind !== kind && !(kind === "table" && item.kind === "column")) return false;
  if (schema !== undefined && names === "*") return item.schema === schema;
  const isChosen = chosen.has(`${item.schema}\u0000${item.object}`);
  return isChosen || (schema !== undefined && item.schema === schema && names.includes(item.object));
}
