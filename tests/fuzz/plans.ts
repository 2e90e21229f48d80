import type { Claim } from "../../provisioner/access/claims";
import type { Item } from "../../provisioner/access/item";
import { normaliseClaim } from "../../provisioner/access/normalise";
import type { Operation } from "../../provisioner/access/operation";
import { planClaim, type PlanContext } from "../../provisioner/access/plan";
import { schemaKey, type AccountState, type ServerFacts, type ServerState } from "../../provisioner/access/server";
import { relationsOf, type Names } from "./claims";

const accountState = (facts: ServerFacts, name: string, login: boolean, host = "%"): AccountState => ({
  account: facts.family === "postgresql" ? { name } : { name, host },
  login,
  auth: login ? "password" : "none",
  locked: false,
  requireTls: true,
  connectionLimit: null,
  validUntil: null,
  passwordExpires: null,
  system: false,
  administrable: true,
});

/** A server that has everything the names speak of, but what the claim itself is to make. */
function contextFor(facts: ServerFacts, names: Names, claim: Claim): PlanContext {
  const { login, role, database, schema, text } = names;
  const postgresql = facts.family === "postgresql";
  const principal = (name: string, isLogin: boolean) => {
    const accounts = [accountState(facts, name, isLogin)];
    // An account at the other host, for the grants that name it.
    if (!postgresql && isLogin) accounts.push(accountState(facts, name, isLogin, text));
    return { name, accounts };
  };
  const made = "name" in claim ? claim.name : undefined;
  const principals = [principal(login, true), principal(role, false)].filter(({ name }) => name !== made);
  const state: ServerState = {
    principals: new Map(principals.map((each) => [each.name, each])),
    databases: new Map(
      claim.kind === "database" ? [] : [[database, { name: database, owner: role, connectable: true }]],
    ),
    schemas: new Map(
      postgresql && claim.kind !== "schema"
        ? [[schemaKey(database, schema), { database, name: schema, owner: role }]]
        : [],
    ),
    relations: relationsOf(facts.family, names),
    items: [],
  };
  return {
    cluster: "fuzz",
    facts,
    state,
    records: [],
    foreign: [],
    missingSecrets: new Set(),
    secretProblems: new Map(),
    secrets: new Map(),
    parameters: new Map(),
    changedPasswords: new Set(),
    service: {
      host: "orders.test",
      port: 5432,
      account: "123456789012",
      partition: "aws",
      region: "eu-central-1",
      engine: "postgres",
      adminSecretArn: "arn:admin",
      secretNamePrefixes: ["rds-"],
    },
    firstGeneration: 1,
  };
}

/** What the planner would have done, and what it would have undone afterwards. */
export function operationsFor(facts: ServerFacts, names: Names, given: Claim): Operation[] {
  const claim = normaliseClaim(given);
  const context = contextFor(facts, names, claim);
  const order = { action: "ensure" as const, owner: "fuzz", claim };
  const plan = planClaim(context, order);
  if (plan.waitsFor.length > 0) throw new Error(`waits for ${plan.waitsFor.join()}`);
  const granted = plan.operations.flatMap((operation): Item[] => (operation.op === "grant" ? operation.items : []));
  const undone = granted.map((item) => ({ ...item, grantor: item.grantor ?? names.role }));
  return [
    ...plan.operations,
    ...(undone.length === 0
      ? []
      : ([
          { op: "revokeGrantOption", items: undone.filter((item) => item.kind !== "role"), cascade: false },
          { op: "revoke", items: undone, cascade: true },
        ] as const)),
    ...principalOperations(claim, names, facts),
  ];
}

const principalOperations = (claim: Claim, { role, login }: Names, facts: ServerFacts): Operation[] => {
  if (claim.kind === "database") return [{ op: "dropDatabase", database: claim.name }];
  if (claim.kind === "schema") return [{ op: "dropSchema", database: claim.database, schema: claim.name }];
  if (claim.kind !== "login" && claim.kind !== "role") return [];
  const account = facts.family === "postgresql" ? { name: claim.name } : { name: claim.name, host: "%" };
  return [
    ...(claim.kind === "login"
      ? ([
          { op: "alterLogin", account, attributes: { connectionLimit: 3, locked: true } },
          { op: "setPassword", account },
          ...(facts.product === "mysql"
            ? ([
                { op: "addPassword", account },
                { op: "discardPassword", account },
              ] as const)
            : []),
          { op: "lockLogin", account },
          { op: "endSessions", account },
          ...(facts.family === "postgresql"
            ? ([
                { op: "reassignOwned", account, to: role },
                { op: "dropOwned", account },
              ] as const)
            : ([{ op: "renameAccount", account, to: { name: login, host: "10.0.%" } }] as const)),
        ] as const)
      : []),
    { op: "dropPrincipal", account },
  ];
};
