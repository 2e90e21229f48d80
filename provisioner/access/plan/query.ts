import { PUBLIC } from "../account";
import {
  alternates,
  databaseOfTarget,
  futureOf,
  granteeName,
  type Claim,
  type GrantClaim,
  type LoginClaim,
  type RoleClaim,
} from "../claims";
import { claimIdPrefix } from "../id";
import type { ClaimRecord } from "../record";
import type { Family, ReadQuery, SchemaQuery, ServerFacts } from "../server";
import { DEFAULT_HOSTS } from "./accounts";
import type { ClaimOrder } from "./context";
import { templateNeeds } from "./expand-objects";
import { speaksOfAll } from "./login-hosts";
import { baseOfTurn, sharedRole, turnName, turns } from "./turns";

/** Every principal a claim talks about. */
function namesOf(claim: Claim): string[] {
  switch (claim.kind) {
    case "login":
    case "role":
      return [claim.name, ...turnNames(claim), ...(claim.reassignOwnedTo === undefined ? [] : [claim.reassignOwnedTo])];
    case "database":
    case "schema":
      return claim.owner === undefined ? [] : [claim.owner];
    case "migration":
      return [];
    case "grant": {
      const { on } = claim;
      return [granteeName(claim.grantee), ...(on.kind === "role" ? [on.role] : (futureOf(on)?.createdBy ?? []))];
    }
  }
}

const turnNames = (claim: Claim): string[] =>
  claim.kind === "login" && alternates(claim) ? turns.map((turn) => turnName(claim.name, turn)) : [];

/** Whose claim could have made this name one of its two logins, and whose names could be in the way. */
const principalsBeside = (claim: LoginClaim | RoleClaim): string[] => {
  const base = baseOfTurn(claim.name);
  return [...turnNames(claim), ...(base === undefined ? [] : [base])];
};

const databasesOf = (claim: Claim): string[] =>
  claim.kind === "database"
    ? [claim.name]
    : claim.kind === "schema"
      ? [claim.database]
      : claim.kind === "grant" && databaseOfTarget(claim.on) !== ""
        ? [databaseOfTarget(claim.on)]
        : [];

/** What the ledger is asked for. Other claims of the same grantees decide what may be revoked. */
export function ledgerQuery(
  family: Family,
  cluster: string,
  orders: readonly ClaimOrder[],
): { ids: string[]; idPrefixes: string[]; owners: string[]; grantees: string[] } {
  const ids = new Set<string>();
  const grantees = new Set<string>();
  for (const order of orders) {
    const { claim } = order;
    if (claim.kind !== "grant") ids.add(claimIdPrefix(family, cluster, claim));
    if (claim.kind === "login" || claim.kind === "role")
      for (const name of principalsBeside(claim)) ids.add(claimIdPrefix(family, cluster, { ...claim, name }));
    for (const name of namesOf(order.claim)) grantees.add(name);
    // What a database claims for its owner, or of PUBLIC, stands in its own row; others claim it of PUBLIC.
    for (const name of databasesOf(order.claim)) ids.add(claimIdPrefix(family, cluster, databaseClaim(name)));
    if (order.claim.kind === "database" && family === "postgresql") grantees.add(PUBLIC.name);
  }
  // Whether a role may go depends on what becomes of the databases and schemas it may own.
  const idPrefixes = orders.some(endsRole) ? ["database", "schema"].map((kind) => `${family}/${cluster}/${kind}/`) : [];
  // A grant's row is found by its grantee; its owner and id prefix are compared by the planner.
  return { ids: [...ids], idPrefixes, owners: [], grantees: [...grantees] };
}

const databaseClaim = (name: string): Claim => ({ kind: "database", name, deletion: "retain" });

const endsRole = ({ action, claim }: ClaimOrder): boolean =>
  action === "remove" && claim.kind === "role" && claim.deletion === "drop";

/** What the server is asked for: everything the claims and their rows name, and nothing else. */
export function serverQuery(
  facts: ServerFacts,
  orders: readonly ClaimOrder[],
  records: readonly ClaimRecord[],
): ReadQuery {
  const names = new Set<string>();
  const databases = new Set<string>();
  const schemas = new SchemaQueries();
  const query: Needed = { columnsOf: [], largeObjects: [], parameters: [] };
  const ownersOf = new Set<string>();
  for (const { action, claim } of orders) {
    for (const name of namesOf(claim)) names.add(name);
    for (const database of databasesOf(claim)) databases.add(database);
    if (claim.kind === "database" && facts.family === "postgresql") {
      names.add(facts.admin.name);
      names.add("PUBLIC");
    }
    if (claim.kind === "schema") schemas.add({ database: claim.database, schema: claim.name });
    if (claim.kind === "grant") addObjects(claim, schemas, query);
    if (claim.kind === "login" && action === "ensure" && facts.family === "mysql")
      for (const grant of followingGrants(facts, claim, records)) {
        for (const name of namesOf(grant)) names.add(name);
        for (const database of databasesOf(grant)) databases.add(database);
        addObjects(grant, schemas, query);
      }
    const endsAccounts = alternates(claim) && facts.family === "mysql";
    if (claim.kind === "login" && (endsAccounts || movesHosts(claim, records))) ownersOf.add(claim.name);
    if (action === "remove" && (claim.kind === "login" || claim.kind === "role") && claim.deletion === "drop")
      for (const name of [claim.name, ...turnNames(claim)]) ownersOf.add(name);
  }
  const asked = new Set(orders.flatMap(({ owner, previousOwner }) => [owner, previousOwner]));
  for (const record of records)
    if (asked.has(record.owner))
      for (const { item } of record.items) {
        names.add(item.grantee.name);
        if (item.database !== "") databases.add(item.database);
      }
  return {
    names: [...names],
    databases: [...databases],
    schemas: schemas.all(),
    ownersOf: [...ownersOf],
    ...query,
    globals: orders.some(({ claim }) => claim.kind === "grant" && claim.on.kind === "global"),
    defaultRoles: orders.some(({ action, claim }) => action === "ensure" && alternates(claim)),
  };
}

/** Grants that will follow their login to other accounts: they are planned again, on everything they speak of. */
function followingGrants(facts: ServerFacts, claim: LoginClaim, records: readonly ClaimRecord[]): GrantClaim[] {
  const accounts = alternates(claim)
    ? [sharedRole(facts.product, claim.name)]
    : (claim.hosts ?? DEFAULT_HOSTS).map((host) => ({ name: claim.name, host }));
  return records.flatMap((row) =>
    row.claim.kind === "grant" && row.claim.grantee === claim.name && !row.retained && !speaksOfAll(row, accounts)
      ? [row.claim]
      : [],
  );
}

type Needed = Required<Pick<ReadQuery, "columnsOf" | "largeObjects" | "parameters">>;

/** One entry for each schema, with everything that any claim needs of it. */
class SchemaQueries {
  private readonly known = new Map<string, SchemaQuery>();

  add(query: SchemaQuery): void {
    const key = `${query.database}\u0000${query.schema}`;
    const before = this.known.get(key);
    const routines = query.routines === true || before?.routines === true;
    const types = query.types === true || before?.types === true;
    this.known.set(key, { ...query, ...(routines ? { routines } : {}), ...(types ? { types } : {}) });
  }

  all(): SchemaQuery[] {
    return [...this.known.values()];
  }
}

/** The objects a grant speaks of: they are looked for, and their owners decide who can grant on them. */
function addObjects(claim: GrantClaim, schemas: SchemaQueries, query: Needed): void {
  const { on } = claim;
  switch (on.kind) {
    case "schema":
      schemas.add({
        database: on.database,
        schema: on.schema,
        routines: templateNeeds(claim, "routines"),
        types: templateNeeds(claim, "types"),
      });
      return;
    case "tables":
    case "sequences":
      schemas.add({ database: on.database, schema: on.schema ?? "" });
      return;
    case "routines":
    case "types":
      schemas.add({ database: on.database, schema: on.schema ?? "", [on.kind]: true });
      return;
    case "columns":
      schemas.add({ database: on.database, schema: on.schema ?? "" });
      query.columnsOf.push({ database: on.database, schema: on.schema ?? "", table: on.table });
      return;
    case "largeObjects":
      query.largeObjects.push(...on.oids.map((oid) => ({ database: on.database, oid })));
      return;
    case "parameters":
      query.parameters.push(...on.parameters);
      return;
    case "global":
    case "database":
    case "role":
      return;
  }
}

/** An account that goes, or gets another host, may be the definer of something. */
const movesHosts = (claim: LoginClaim, records: readonly ClaimRecord[]): boolean =>
  records.some(
    (record) =>
      record.claim.kind === "login" &&
      record.claim.name === claim.name &&
      (record.claim.hosts ?? DEFAULT_HOSTS).some((host) => !(claim.hosts ?? DEFAULT_HOSTS).includes(host)),
  );
