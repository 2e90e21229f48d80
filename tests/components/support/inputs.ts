import type { ProvisionerRef } from "../../../provisioner/protocol";
import type { KindName } from "../../../components/lifecycle/kinds";
import type { Properties } from "../../../components/lifecycle/wire";

export const ref = (over: Partial<ProvisionerRef> = {}): ProvisionerRef => ({
  contractVersion: 1,
  functions: { access: "db-access-orders", migrate: "db-access-orders-migrate" },
  region: "eu-west-1",
  partition: "aws",
  account: "123456789012",
  engine: "postgresql",
  cluster: "orders",
  database: { host: "orders.internal", port: 5432 },
  secretNamePrefixes: ["rds-", "orders/"],
  protocols: { min: 1, max: 1 },
  discovery: { parameter: "/db-access/orders", region: "eu-west-1" },
  ...over,
});

export const mysqlRef = (): ProvisionerRef => ref({ engine: "mysql" });

const common = (name: string) => ({ provisioner: ref(), ownerKey: `acme/urn:pulumi:prod::orders::${name}` });

/** One valid set of inputs for each kind, with as many arguments as PostgreSQL takes. */
export const valid = (): Record<KindName, Properties> => ({
  DbUser: {
    ...common("api"),
    username: "orders_api",
    auth: { kind: "password", secret: { name: "orders/api", recoveryDays: 7, kmsKeyArn: "arn:aws:kms:::key/1" } },
    database: "orders",
    passwordVersion: 2,
    connectionLimit: 10,
    validUntil: "2027-01-31T00:00:00.000Z",
    requireTls: false,
    locked: false,
    deletion: "drop",
    adopt: false,
  },
  DbRole: { ...common("owner"), name: "orders_owner", deletion: "drop", adopt: false },
  DbGrant: {
    ...common("write"),
    grantee: "orders_api",
    on: {
      kind: "tables",
      database: "orders",
      schema: "public",
      tables: ["lines", "orders"],
      future: { createdBy: ["orders_owner"] },
    },
    privileges: ["INSERT", "SELECT"],
    withGrantOption: false,
    cascade: false,
    mode: "additive",
    reach: true,
  },
  DbDatabase: {
    ...common("db"),
    name: "orders",
    owner: "orders_owner",
    revokePublic: true,
    charset: "UTF8",
    deletion: "retain",
    adopt: false,
  },
  DbSchema: { ...common("schema"), database: "orders", name: "app", owner: "orders_owner", deletion: "retain" },
});

/** The same value with another one at a path. */
export function withValue(inputs: Properties, path: readonly (string | number)[], value: unknown): Properties {
  const copy = structuredClone(inputs);
  let at = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  const last = path[path.length - 1];
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

/** The path of every value, at any depth. */
export function pathsOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [];
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return keys.flatMap((key) => {
    const here = [...path, key];
    return [here, ...pathsOf((value as Record<string | number, unknown>)[key], here)];
  });
}
