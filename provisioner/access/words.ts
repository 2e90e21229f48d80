import { accountWords, isPublic, type Account } from "./account";
import {
  futureOf,
  granteeName,
  type Claim,
  type GrantClaim,
  type OwnedPolicy,
  type RoutineName,
  type Target,
} from "./claims";
import { objectKey, type Item } from "./item";
import { templateWords } from "./templates";

const classWords: Record<string, string> = {
  tables: "future tables",
  sequences: "future sequences",
  functions: "future functions",
  types: "future types",
  schemas: "future schemas",
  largeObjects: "future large objects",
};

const who = (account: Account): string => (isPublic(account) ? "PUBLIC" : accountWords(account));

/** `table public.orders`, `database orders`, `future tables of orders_owner in schema public`. */
export function objectWords(item: Item): string {
  const qualified = item.schema === "" ? item.object : `${item.schema}.${item.object}`;
  switch (item.kind) {
    case "global":
      return "the whole server";
    case "database":
      return item.object === "" ? `database ${item.database}` : `databases like ${item.database}`;
    case "schema":
      return `schema ${item.schema}`;
    case "column":
      return `column ${inMysql(item)}${qualified}.${item.column}`;
    case "routine":
      return item.schema === "" ? routineWords(item) : `routine ${qualified}`;
    case "default":
      return `${classWords[item.object] ?? item.object} of ${item.creator ?? "?"}${item.schema === "" ? "" : ` in schema ${item.schema}`}`;
    case "role":
      return `role ${item.object}`;
    case "largeObject":
      return `large object ${item.object}`;
    default:
      return `${item.kind} ${inMysql(item)}${qualified}`;
  }
}

/** MySQL and MariaDB name an object by its database, PostgreSQL by its schema. */
const inMysql = (item: Item): string => (item.database !== "" && item.schema === "" ? `${item.database}.` : "");

function routineWords({ database, object }: Item): string {
  const [type, ...name] = object.split(" ");
  return `${type.toLowerCase()} ${database}.${name.join(" ")}`;
}

const optionWords = ({ options }: Item): string =>
  [
    ...(options?.inherit === false ? ["without inherit"] : []),
    ...(options?.set === false ? ["without set"] : []),
    ...(options?.default === false ? ["not active at login"] : []),
  ]
    .map((words) => `, ${words}`)
    .join("");

interface Group {
  grantees: Account[];
  privileges: string[];
  objects: string[];
  sample: Item;
}

/** Items that differ only in privilege share a line; objects of one kind with the same privileges share one too. */
function groups(items: readonly Item[]): Group[] {
  const byObject = new Map<string, Item[]>();
  for (const item of items) {
    const key = `${item.grantee.name}\u0000${item.grantee.host ?? ""}\u0000${String(item.grantable)}\u0000${objectKey(item)}\u0000${item.column}`;
    byObject.set(key, [...(byObject.get(key) ?? []), item]);
  }
  const merged = new Map<string, Group>();
  for (const sameObject of byObject.values()) {
    const sample = sameObject[0];
    const privileges = [...new Set(sameObject.map((item) => item.privilege))].sort();
    const key = [
      sample.grantee.name,
      sample.grantee.host,
      sample.kind,
      sample.grantable,
      optionWords(sample),
      privileges.join(),
    ].join("\u0000");
    const group = merged.get(key) ?? { grantees: [sample.grantee], privileges, objects: [], sample };
    group.objects.push(objectWords(sample));
    merged.set(key, group);
  }
  return joined([...merged.values()]);
}

/** The accounts of one login that get the same share a line. */
function joined(all: readonly Group[]): Group[] {
  const lines = new Map<string, Group>();
  for (const group of all) {
    group.objects.sort();
    const { sample, privileges, objects } = group;
    const key = JSON.stringify([
      sample.grantee.name,
      sample.kind,
      sample.grantable,
      optionWords(sample),
      privileges,
      objects,
    ]);
    const line = lines.get(key);
    if (line === undefined) lines.set(key, group);
    else line.grantees.push(...group.grantees);
  }
  return [...lines.values()];
}

const listed = (objects: readonly string[]): string =>
  objects.length <= 4 ? objects.join(", ") : `${objects.slice(0, 3).join(", ")} and ${objects.length - 3} more`;

/** One line per group: `grant INSERT, SELECT on table public.orders to orders_api with grant option`. */
export function itemChanges(verb: "grant" | "revoke", items: readonly Item[]): string[] {
  return groups(items).map(({ grantees, privileges, objects, sample }) => {
    const whom = grantees.map(who).join(", ");
    const direction = verb === "grant" ? "to" : "from";
    if (sample.kind === "role")
      return verb === "grant"
        ? `make ${whom} a member of ${listed(objects)}${sample.grantable ? " with admin option" : ""}${optionWords(sample)}`
        : `end the membership of ${whom} in ${listed(objects)}`;
    const option = verb === "grant" && sample.grantable ? " with grant option" : "";
    return `${verb} ${privileges.join(", ")} on ${listed(objects)} ${direction} ${whom}${option}`;
  });
}

/** Canonical lines for `effective` and `unmanaged`: one per object, sorted, without the grantee where it is plain. */
export function itemLines(items: readonly Item[]): string[] {
  const lines = new Map<string, { words: string; prefix: string; privileges: Set<string> }>();
  for (const item of items) {
    const host =
      item.grantee.host === undefined || item.grantee.host === "%" || item.grantee.host === ""
        ? ""
        : ` (${who(item.grantee)})`;
    const words = `${objectWords(item)}${item.grantable ? (item.kind === "role" ? " with admin option" : " with grant option") : ""}${host}`;
    const prefix = item.absent === true ? "no " : "";
    const line = lines.get(prefix + words) ?? { words, prefix, privileges: new Set<string>() };
    line.privileges.add(item.privilege);
    lines.set(prefix + words, line);
  }
  return [...lines.values()]
    .map(({ words, prefix, privileges }) => `${prefix}${[...privileges].sort().join(", ")} on ${words}`)
    .sort();
}

const ownedWords = ({ reassignOwnedTo, dropOwned }: OwnedPolicy): string =>
  reassignOwnedTo !== undefined
    ? `, gives what it owns to ${reassignOwnedTo}`
    : dropOwned === true
      ? " and drops what it owns"
      : "";

/** What deleting the resource will do, in one sentence; kept as an output because nobody is asked at preview. */
export function removalWords(claim: Claim): string {
  switch (claim.kind) {
    case "login": {
      const secret = claim.auth.kind === "password" ? claim.auth.secret : undefined;
      const days = secret?.recoveryDays ?? 7;
      const sessions = claim.endSessions !== false;
      const withSecret =
        claim.auth.kind !== "password" || claim.auth.suppliedSecretArn !== undefined
          ? ""
          : days === 0
            ? " and deletes its secret at once"
            : ` and deletes its secret after ${days} days`;
      if (claim.deletion === "drop")
        return `${sessions ? `Ends the sessions of ${claim.name}, drops it` : `Drops ${claim.name}`} with every privilege it holds${ownedWords(claim)}${withSecret}.`;
      if (claim.deletion === "lock")
        return `Locks ${claim.name}${sessions ? " and ends its sessions" : ""}; keeps its privileges${withSecret === "" ? "" : " and its secret"}.`;
      return `Leaves ${claim.name}${withSecret === "" ? " and its privileges" : ", its privileges and its secret"} as they are.`;
    }
    case "role":
      return claim.deletion === "drop"
        ? `Drops role ${claim.name} with every privilege it holds${ownedWords(claim) || "; refused while it owns objects"}.`
        : `Leaves role ${claim.name} as it is.`;
    case "database":
      return claim.deletion === "drop"
        ? `Drops database ${claim.name} with all its data.`
        : `Leaves database ${claim.name} and its data as they are.`;
    case "schema":
      return claim.deletion === "drop"
        ? `Drops schema ${claim.name} of database ${claim.database}; refused while it holds objects.`
        : `Leaves schema ${claim.name} of database ${claim.database} as it is.`;
    case "migration":
      return `Leaves what the migrations have made in ${claim.database}, and their history.`;
    case "grant": {
      const grantee = granteeName(claim.grantee);
      const where = targetWords(claim.on);
      if (claim.on.kind === "role")
        return `Ends the membership of ${grantee} in ${where}, unless it was there before or another claim needs it.`;
      if (claim.effect === "revoke")
        return `Gives ${grantee} back what this claim took on ${where}, unless it was missing before or another claim needs that.`;
      return `Revokes what this grant gave ${grantee} on ${where}, except what was there before or another claim needs.`;
    }
  }
}

const shownNames = 4;

const listWords = (names: "*" | readonly (string | number | RoutineName)[], one: string, many: string): string => {
  if (names === "*") return `all ${many}`;
  const plain = names.map((name) => (typeof name === "object" ? `${name.type} ${name.name}` : String(name)));
  return plain.length > shownNames
    ? `${plain.slice(0, shownNames - 1).join(", ")} and ${plain.length - shownNames + 1} more ${many}`
    : `${plain.length === 1 ? one : many} ${plain.join(", ")}`;
};

/** `tables of schema public of database orders`, `role readers`. */
export function targetWords(on: Target): string {
  const place =
    "database" in on
      ? `${"schema" in on && on.schema !== undefined ? `schema ${on.schema} of ` : ""}database ${on.database}`
      : "";
  switch (on.kind) {
    case "global":
      return "the whole server";
    case "role":
      return `role ${on.role}`;
    case "database":
    case "schema":
      return place;
    case "tables":
      return `${listWords(on.tables, "table", "tables")} of ${place}`;
    case "columns":
      return `${listWords(on.columns, "column", "columns")} of table ${on.table} of ${place}`;
    case "sequences":
      return `${listWords(on.sequences, "sequence", "sequences")} of ${place}`;
    case "routines":
      return `${listWords(on.routines, "routine", "routines")} of ${place}`;
    case "types":
      return `${listWords(on.types, "type", "types")} of ${place}`;
    case "largeObjects":
      return `${listWords(on.oids, "large object", "large objects")} of ${place}`;
    case "parameters":
      return `parameter ${on.parameters.join(", ")}`;
  }
}

/** What a grant will do, from the claim alone: while the server lacks something that it needs. */
export function grantWords({ grantee, on, privileges, template, effect }: GrantClaim): string {
  const name = granteeName(grantee);
  if (on.kind === "role")
    return `make ${name} a member of role ${on.role}${on.admin === true ? " with admin option" : ""}`;
  const what =
    template === undefined ? (privileges ?? []).join(", ") : `the privileges of template ${templateWords(template)}`;
  const future = futureOf(on);
  const whose = future === undefined ? "" : `, and on what ${future.createdBy.join(", ")} will create there,`;
  return effect === "revoke"
    ? `revoke ${what} on ${targetWords(on)}${whose} from ${name}`
    : `grant ${what} on ${targetWords(on)}${whose} to ${name}`;
}
