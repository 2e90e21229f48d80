import { granteeName, type Claim } from "../claims";
import { claimIdPrefix } from "../id";
import type { ClaimRecord } from "../record";
import type { Family, ReadQuery, ServerFacts } from "../server";
import type { ClaimOrder } from "./context";

/** Every principal a claim talks about. */
function namesOf(claim: Claim): string[] {
  switch (claim.kind) {
    case "login":
    case "role":
      return [claim.name];
    case "database":
    case "schema":
      return claim.owner === undefined ? [] : [claim.owner];
    case "grant": {
      const on = claim.on;
      const further = on.kind === "role" ? [on.role] : on.kind === "tables" ? (on.future?.createdBy ?? []) : [];
      return [granteeName(claim.grantee), ...further];
    }
  }
}

const databasesOf = (claim: Claim): string[] =>
  claim.kind === "database"
    ? [claim.name]
    : claim.kind === "schema"
      ? [claim.database]
      : claim.kind === "grant" && claim.on.kind !== "role"
        ? [claim.on.database]
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
    if (order.claim.kind !== "grant") ids.add(claimIdPrefix(family, cluster, order.claim));
    for (const name of namesOf(order.claim)) grantees.add(name);
  }
  // Whether a role may go depends on what becomes of the databases and schemas it may own.
  const idPrefixes = orders.some(endsRole) ? ["database", "schema"].map((kind) => `${family}/${cluster}/${kind}/`) : [];
  // A grant's row is found by its grantee; its owner and id prefix are compared by the planner.
  return { ids: [...ids], idPrefixes, owners: [], grantees: [...grantees] };
}

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
  const schemas = new Map<string, { database: string; schema: string }>();
  const ownersOf = new Set<string>();
  for (const { action, claim } of orders) {
    for (const name of namesOf(claim)) names.add(name);
    for (const database of databasesOf(claim)) databases.add(database);
    if (claim.kind === "database" && facts.family === "postgresql") {
      names.add(facts.admin.name);
      names.add("PUBLIC");
    }
    if (claim.kind === "schema") addSchema(schemas, claim.database, claim.name);
    if (claim.kind === "grant" && (claim.on.kind === "schema" || claim.on.kind === "tables"))
      addSchema(schemas, claim.on.database, claim.on.schema ?? "");
    if (action === "remove" && (claim.kind === "login" || claim.kind === "role") && claim.deletion === "drop")
      ownersOf.add(claim.name);
  }
  const asked = new Set(orders.flatMap(({ owner, previousOwner }) => [owner, previousOwner]));
  for (const record of records)
    if (asked.has(record.owner))
      for (const { item } of record.items) {
        names.add(item.grantee.name);
        if (item.database !== "") databases.add(item.database);
      }
  return { names: [...names], databases: [...databases], schemas: [...schemas.values()], ownersOf: [...ownersOf] };
}

const addSchema = (
  schemas: Map<string, { database: string; schema: string }>,
  database: string,
  schema: string,
): void => {
  schemas.set(`${database}\u0000${schema}`, { database, schema });
};
