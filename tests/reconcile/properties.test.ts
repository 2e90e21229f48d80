import assert from "node:assert/strict";
import fc from "fast-check";
import { PUBLIC, type Account } from "../../provisioner/access/account";
import type { RoutineName, Template } from "../../provisioner/access/claims";
import { claimId } from "../../provisioner/access/id";
import { itemKey, type Item } from "../../provisioner/access/item";
import { advance, planClaim, type ClaimOrder, type ClaimPlan, type PlanContext } from "../../provisioner/access/plan";
import { simulate } from "../../provisioner/access/plan/simulate";
import { Refusal } from "../../provisioner/access/refusal";
import { schemaKey, type AccountState, type Family, type RelationState } from "../../provisioner/access/server";
import { intentsOf } from "../../provisioner/reconcile/intent";
import type { Claim, GrantClaim, LoginClaim } from "../../provisioner/protocol";

const families = ["postgresql", "mysql"] as const;
const people = ["ann", "bob"];
/** Often the same, so that claims meet. */
const often = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> => fc.constantFrom(usual, usual, ...others);
const roles = ["team", "boss"];
const databases = ["shop", "depot"];
const tables = ["orders", "items"];

const some = <T>(values: readonly T[], minLength = 0): fc.Arbitrary<T[]> => fc.subarray([...values], { minLength });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const schemaOf = (family: Family): string => (family === "postgresql" ? "public" : "");
const hostsOf = (family: Family): (string | undefined)[] => (family === "postgresql" ? [undefined] : ["%", "10.0.%"]);
const account = (name: string, host: string | undefined): Account => (host === undefined ? { name } : { name, host });

const accountState = (
  family: Family,
  name: string,
  host: string | undefined,
  login: boolean,
): fc.Arbitrary<AccountState> =>
  fc.record({
    account: fc.constant(account(name, host)),
    login: fc.constant(login),
    auth: fc.constant(login ? ("password" as const) : ("none" as const)),
    locked: fc.constant(false),
    requireTls: fc.boolean(),
    connectionLimit: fc.constantFrom(null, 5),
    validUntil: fc.constantFrom(...(family === "postgresql" ? [null, "2030-01-01T00:00:00.000Z"] : [null])),
    passwordExpires: fc.constantFrom(...(family === "mysql" ? [null, 30] : [null])),
    system: fc.constant(false),
    administrable: fc.constant(true),
  });

/** What may be held of each kind: the object, the column and the privileges. */
const kindsOf = (
  family: Family,
): Partial<Record<Item["kind"], { object: string[]; column?: string; held: string[] }>> => ({
  table: { object: tables, held: ["SELECT", "INSERT"] },
  column: { object: tables, column: "id", held: ["SELECT", "INSERT"] },
  routine: { object: [routineOf(family)], held: ["EXECUTE"] },
  database: {
    object: [""],
    held: family === "postgresql" ? ["CONNECT", "TEMPORARY"] : ["SELECT", "INSERT", "EXECUTE"],
  },
  ...(family === "postgresql"
    ? { sequence: { object: ["orders_id_seq"], held: ["USAGE"] }, type: { object: ["mood"], held: ["USAGE"] } }
    : { global: { object: [""], held: ["PROCESS", "SELECT"] } }),
});

const routineOf = (family: Family): string => (family === "postgresql" ? "total(integer)" : "FUNCTION total");

const isInside = (kind: Item["kind"]): boolean => kind !== "database" && kind !== "global";

const item = (family: Family): fc.Arbitrary<Item> =>
  fc.constantFrom(...Object.entries(kindsOf(family))).chain(([kind, { object, column, held }]) =>
    fc
      .record({
        name: fc.constantFrom(...people, ...roles, ...(family === "postgresql" ? ["PUBLIC"] : [])),
        host: fc.constantFrom(...hostsOf(family)),
        database: often("shop", "depot"),
        object: fc.constantFrom(...object),
        privilege: fc.constantFrom(...held),
        grantable: fc.boolean(),
      })
      .map(({ name, host, database, grantable, ...rest }) => ({
        grantee: account(name, host),
        kind: kind as Item["kind"],
        database: kind === "global" ? "" : database,
        schema: isInside(kind as Item["kind"]) ? schemaOf(family) : "",
        column: column ?? "",
        grantable: name !== "PUBLIC" && grantable,
        ...rest,
      })),
  );

const relationsOf = (family: Family, database: string, present: readonly string[]): RelationState[] => {
  const at = { database, schema: schemaOf(family), owner: family === "postgresql" ? "boss" : undefined };
  return [
    ...present.map((name): RelationState => ({ ...at, name, kind: "table", columns: ["id", "note"] })),
    { ...at, name: routineOf(family), kind: "routine" },
    ...(family === "postgresql"
      ? ([
          { ...at, name: "orders_id_seq", kind: "sequence", ownedByTable: "orders" },
          { ...at, name: "mood", kind: "type" },
        ] as const)
      : []),
  ];
};

/** A server and an empty ledger. */
function world(family: Family): fc.Arbitrary<PlanContext> {
  const account = (name: string, login: boolean): fc.Arbitrary<AccountState[]> =>
    fc
      .tuple(...hostsOf(family).map((host) => accountState(family, name, host, login)))
      .chain((all) => often(all, all.slice(1), []));
  const principals = fc.tuple(
    ...people.map((name) => account(name, true)),
    ...roles.map((name) => account(name, false)),
  );
  return fc
    .record({
      principals,
      databases: often(databases, ["shop"], []),
      tables: some(tables),
      items: fc.uniqueArray(item(family), { selector: itemKey, maxLength: 8 }),
    })
    .map((parts): PlanContext => {
      const known = parts.principals.filter((accounts) => accounts.length > 0);
      const state: PlanContext["state"] = {
        principals: new Map(
          known.map((accounts) => [accounts[0].account.name, { name: accounts[0].account.name, accounts }]),
        ),
        databases: new Map(parts.databases.map((name) => [name, { name, owner: "boss", connectable: true }])),
        schemas: new Map(
          parts.databases
            .filter(() => family === "postgresql")
            .map((database) => [schemaKey(database, "public"), { database, name: "public", owner: "boss" }]),
        ),
        relations: parts.databases.flatMap((database) => relationsOf(family, database, parts.tables)),
        items: [],
      };
      const grantees = new Set([...known.flat().map((one) => one.account), PUBLIC].map((one) => JSON.stringify(one)));
      state.items = parts.items.filter(
        (one) =>
          grantees.has(JSON.stringify(one.grantee)) &&
          (one.kind === "global" || state.databases.has(one.database)) &&
          (!tables.includes(one.object) || parts.tables.includes(one.object)),
      );
      return {
        cluster: "orders",
        facts: {
          family,
          product: family,
          version: "17.0",
          versionNumber: family === "postgresql" ? 170000 : 80031,
          admin: adminOf(family),
          adminDatabase: "postgres",
          forcesTls: true,
          iamAvailable: true,
          partialRevokes: family === "mysql",
          maxNameLength: 63,
        },
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
        firstGeneration: 1000,
      };
    });
}

const adminOf = (family: Family): Account => account("admin", family === "postgresql" ? undefined : "%");

const future = (family: Family): fc.Arbitrary<{ createdBy: string[] } | undefined> =>
  fc.constantFrom(undefined, family === "postgresql" ? { createdBy: ["boss"] } : undefined);

/** A target and the privileges it has. */
type Asked = Pick<GrantClaim, "on" | "privileges" | "template">;

function asked(family: Family): fc.Arbitrary<Asked> {
  const place = { database: often("shop", "depot"), schema: fc.constant(schemaOf(family) || undefined) };
  const whole = <T>(names: T[]): fc.Arbitrary<"*" | T[]> => fc.oneof(fc.constant<"*" | T[]>("*"), some(names, 1));
  const of = (on: fc.Arbitrary<GrantClaim["on"]>, ...privileges: string[]): fc.Arbitrary<Asked> =>
    fc.record({ on, privileges: some(privileges, 1) });
  const kind = <K extends GrantClaim["on"]["kind"]>(name: K): { kind: fc.Arbitrary<K> } => ({
    kind: fc.constant(name),
  });
  const routines: (string | RoutineName)[] =
    family === "postgresql" ? ["total(int)"] : [{ type: "function", name: "Total" }];
  return fc.oneof(
    {
      weight: 3,
      arbitrary: of(
        fc.record({ ...kind("tables"), ...place, tables: whole(tables), future: future(family) }),
        "INSERT",
        "SELECT",
      ),
    },
    of(fc.record({ ...kind("role"), role: fc.constantFrom(...roles), admin: maybe(fc.boolean()) }), "MEMBER"),
    of(
      fc.record({ ...kind("columns"), ...place, table: fc.constantFrom(...tables), columns: some(["id", "note"], 1) }),
      "INSERT",
      "SELECT",
    ),
    of(fc.record({ ...kind("routines"), ...place, routines: whole(routines), future: future(family) }), "EXECUTE"),
    ...(family === "postgresql"
      ? [
          of(fc.record({ ...kind("database"), database: place.database }), "CONNECT", "TEMPORARY"),
          of(fc.record({ ...kind("sequences"), ...place, sequences: whole(["orders_id_seq"]) }), "USAGE", "SELECT"),
          of(fc.record({ ...kind("types"), ...place, types: whole(["mood"]), future: future(family) }), "USAGE"),
          fc.record<Asked>({
            on: fc.record({ ...kind("schema"), ...place, schema: fc.constant("public"), future: future(family) }),
            template: fc.constantFrom<Template>("read", "readwrite", { extends: ["read"], privileges: ["INSERT"] }),
          }),
        ]
      : [
          of(fc.record({ ...kind("database"), database: place.database }), "SELECT", "INSERT"),
          of(fc.record(kind("global")), "PROCESS", "SELECT"),
        ]),
  );
}

/** Absence: of PUBLIC's on PostgreSQL, as a partial revoke on MySQL. */
const isTakeable = (family: Family, { on, privileges }: Asked): boolean =>
  privileges !== undefined &&
  (family === "mysql"
    ? on.kind === "database"
    : on.kind !== "role" && !("future" in on && on.future !== undefined) && on.kind !== "schema");

const grantClaim = (family: Family): fc.Arbitrary<GrantClaim> =>
  asked(family).chain((about) =>
    fc
      .record({
        grantee: often("ann", "bob", "team", "boss", ...(family === "postgresql" ? ["PUBLIC"] : [])),
        mode: fc.constantFrom("additive" as const, "exclusive" as const),
        withGrantOption: maybe(fc.boolean()),
        reach: maybe(fc.boolean()),
        takes: fc.boolean(),
      })
      .map(({ takes, grantee, ...rest }): GrantClaim => {
        const kind = "grant" as const;
        if (takes && isTakeable(family, about) && (family === "mysql" || grantee === "PUBLIC"))
          return { kind, grantee, mode: "additive", effect: "revoke", ...about };
        const isPublic = grantee === "PUBLIC";
        return {
          kind,
          ...about,
          ...rest,
          grantee: isPublic && about.on.kind === "role" ? "ann" : grantee,
          ...(isPublic ? { withGrantOption: undefined, reach: undefined } : {}),
        };
      }),
  );

const loginClaim = (family: Family): fc.Arbitrary<LoginClaim> =>
  fc.record({
    kind: fc.constant("login" as const),
    name: fc.constantFrom(...people),
    hosts: maybe(family === "mysql" ? some(["%", "10.0.%"], 1) : fc.constant(undefined)),
    auth: fc.constantFrom({ kind: "password" as const }, { kind: "iam" as const }),
    passwordVersion: maybe(fc.constantFrom(1, 2)),
    connectionLimit: maybe(fc.constant(7)),
    locked: maybe(fc.boolean()),
    deletion: fc.constantFrom("drop" as const, "lock" as const, "retain" as const),
    adopt: fc.constantFrom(true, true, undefined),
  });

const dropOrRetain = fc.constantFrom("drop" as const, "retain" as const);
const claim = (family: Family): fc.Arbitrary<Claim> =>
  fc.oneof(
    loginClaim(family),
    fc.record({
      kind: fc.constant("role" as const),
      name: fc.constantFrom(...roles),
      deletion: dropOrRetain,
      adopt: fc.constantFrom(true, true, undefined),
    }),
    fc.record({
      kind: fc.constant("database" as const),
      name: fc.constantFrom(...databases),
      owner: maybe(fc.constantFrom(...roles)),
      revokePublic: maybe(fc.boolean()),
      deletion: dropOrRetain,
      adopt: fc.constantFrom(true, true, undefined),
    }),
    { weight: 3, arbitrary: grantClaim(family) },
    ...(family === "postgresql"
      ? [
          fc.record({
            kind: fc.constant("schema" as const),
            database: often("shop", "depot"),
            name: fc.constantFrom("public", "app"),
            owner: maybe(fc.constantFrom(...roles)),
            deletion: dropOrRetain,
            adopt: fc.constantFrom(true, true, undefined),
          }),
        ]
      : []),
  );

const order = (family: Family): fc.Arbitrary<ClaimOrder> =>
  fc.record({
    action: fc.constantFrom("ensure" as const, "ensure" as const, "remove" as const),
    owner: often("one", "two"),
    claim: claim(family),
  });

const history = fc.constantFrom(...families).chain((family) =>
  fc.record({
    context: world(family),
    // `cut`: after how many operations a run before this one was cut short.
    steps: fc.array(fc.record({ order: order(family), cut: fc.nat(4) }), { minLength: 1, maxLength: 8 }),
  }),
);

/** What the claim needs, or undefined when it is refused or has to wait. */
function planOf(context: PlanContext, asked: ClaimOrder): ClaimPlan | undefined {
  try {
    const plan = planClaim(context, asked);
    if (plan.waitsFor.length === 0) return plan;
    assert.deepEqual(plan.operations, [], "nothing is done while something is missing");
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    return undefined;
  }
}

/** As the reconcile loop does: with the secret noted in the row. */
function carryOut(context: PlanContext, asked: ClaimOrder, plan: ClaimPlan): void {
  if (plan.credentials.step === "set" && plan.next !== undefined)
    plan.next.credentials = {
      secretArn: `arn:${plan.id}`,
      secretVersionId: "v",
      passwordVersion: (asked.claim.kind === "login" ? asked.claim.passwordVersion : undefined) ?? 1,
      passwordLastChanged: "2030-01-01T00:00:00.000Z",
    };
  advance(context, plan);
}

/** The function dies after some of its operations: the intent stands in the ledger. */
function cutShort(context: PlanContext, plan: ClaimPlan, after: number): void {
  const intents = intentsOf(plan, new Map(context.records.map((one) => [one.id, one])));
  simulate(context.state, plan.operations.slice(0, after));
  const ids = new Set(intents.map(({ id }) => id));
  context.records = [...context.records.filter(({ id }) => !ids.has(id)), ...structuredClone(intents)];
}

const settled = (plan: ClaimPlan | undefined): unknown =>
  plan && [plan.operations, plan.credentials, plan.changes, plan.recordChanges, plan.waitsFor];

/** Everything a later plan depends on. */
const seen = (context: PlanContext): unknown => ({
  principals: [...context.state.principals.values()],
  databases: [...context.state.databases.values()],
  schemas: [...context.state.schemas.values()],
  items: heldItems(context),
  records: context.records
    .map((record) => ({ ...record, items: record.items.map((entry) => JSON.stringify(entry)).sort() }))
    .sort((a, b) => (a.id < b.id ? -1 : 1)),
});

const heldItems = (context: PlanContext): string[] =>
  context.state.items.map((one) => `${itemKey(one)} ${one.grantable}`).sort();

describe("properties of the planner", () => {
  it("a plan carried out leaves nothing to plan, and it does not matter where an earlier run was cut short", () => {
    let carried = 0;
    let recovered = 0;
    fc.assert(
      fc.property(history, ({ context: start, steps: asks }) => {
        // Without prototypes that only the generator's objects have.
        const { context, steps } = structuredClone({ context: start, steps: asks });
        for (const { order: asked, cut } of steps) {
          const disturbed = structuredClone(context);
          const plan = planOf(context, asked);
          if (plan === undefined) continue;
          carryOut(context, asked, plan);
          carried += plan.operations.length;
          assert.deepEqual(settled(planOf(context, asked)), [[], { step: "none" }, [], false, []]);

          const interrupted = planOf(disturbed, asked);
          assert.ok(interrupted !== undefined);
          cutShort(disturbed, interrupted, cut);
          const again = planOf(disturbed, asked);
          assert.ok(again !== undefined, "what was begun can be ended");
          carryOut(disturbed, asked, again);
          if (again.operations.length > 0) recovered += 1;
          assert.deepEqual(seen(disturbed), seen(context));
        }
      }),
      { numRuns: 1500 },
    );
    assert.ok(carried > 500 && recovered > 100, "the random claims do something");
  });

  it("a host that a run has made and then died over gets what its login was granted", () => {
    const [context] = fc.sample(world("mysql"), 1);
    context.state = { ...context.state, principals: new Map(), items: [] };
    const login = (hosts: string[]): ClaimOrder => ({
      action: "ensure",
      owner: "one",
      claim: { kind: "login", name: "bob", hosts, auth: { kind: "password" }, deletion: "drop" },
    });
    const claim: Claim = {
      kind: "grant",
      grantee: "bob",
      on: { kind: "global" },
      privileges: ["PROCESS"],
      mode: "additive",
    };
    for (const asked of [login(["10.0.%"]), { action: "ensure" as const, owner: "two", claim }]) {
      const plan = planOf(context, asked);
      assert.ok(plan !== undefined);
      carryOut(context, asked, plan);
    }
    const more = login(["%", "10.0.%"]);
    const plan = planOf(context, more);
    assert.ok(plan !== undefined);
    cutShort(context, plan, 1);
    const again = planOf(context, more);
    assert.ok(again !== undefined);
    carryOut(context, more, again);
    assert.deepEqual(heldItems(context), [
      "bob%00%25/global//////PROCESS false",
      "bob%0010.0.%25/global//////PROCESS false",
    ]);
  });

  describe("removal after ensure leaves every privilege and grant option as it was", () => {
    /** Decision 005: default privileges stand for all their creator's objects, also those that their claim does not name. */
    const isExact = ({ on }: GrantClaim): boolean =>
      !("future" in on && on.future !== undefined) || on.kind === "schema" || Object.values(on).includes("*");

    /** MySQL's grant options belong to levels, which the simulation does not know. */
    const additive = (family: Family): fc.Arbitrary<GrantClaim> =>
      grantClaim(family)
        .filter(isExact)
        .map((one) => ({
          ...one,
          mode: "additive",
          withGrantOption: family === "postgresql" ? one.withGrantOption : undefined,
        }));
    const round = fc.constantFrom(...families).chain((family) =>
      fc.record({
        context: world(family),
        claims: fc.array(additive(family), { minLength: 1, maxLength: 4 }),
        shuffle: fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
      }),
    );
    const ensureAll = (
      context: PlanContext,
      claims: readonly GrantClaim[],
    ): { asked: ClaimOrder; before: string[] }[] =>
      claims.flatMap((claim, at) => {
        const asked: ClaimOrder = { action: "ensure", owner: `owner ${at}`, claim };
        const before = heldItems(context);
        const plan = planOf(context, asked);
        if (plan === undefined) return [];
        carryOut(context, asked, plan);
        return [{ asked, before }];
      });
    const remove = (context: PlanContext, asked: ClaimOrder): void => {
      const plan = planOf(context, { ...asked, action: "remove" });
      assert.ok(plan !== undefined);
      carryOut(context, asked, plan);
    };

    it("step by step, in reverse", () => {
      let changed = 0;
      fc.assert(
        fc.property(round, ({ context, claims }) => {
          for (const { asked, before } of ensureAll(context, claims).reverse()) {
            if (heldItems(context).join() !== before.join()) changed += 1;
            remove(context, asked);
            assert.deepEqual(heldItems(context), before);
          }
        }),
        { numRuns: 1500 },
      );
      assert.ok(changed > 300, "the random claims change something");
    });

    it("in the end, in any order", () =>
      fc.assert(
        fc.property(round, ({ context, claims, shuffle }) => {
          const before = heldItems(context);
          const ensured = ensureAll(context, claims).map((one, at) => ({ ...one, at: shuffle[at] }));
          for (const { asked } of ensured.sort((a, b) => a.at - b.at)) remove(context, asked);
          assert.deepEqual([context.records, heldItems(context)], [[], before]);
        }),
        { numRuns: 1500 },
      ));
  });

  it("ids are stable, and equal only for the same thing", () => {
    const part = fc.oneof(
      fc.constantFrom("a", "a/b", "a@b", "b", "%", "a%2Fb", "principal", ""),
      fc.string({ maxLength: 4 }),
    );
    const named = fc.oneof(
      fc.record({ kind: fc.constant("login" as const), name: part }),
      fc.record({ kind: fc.constant("database" as const), name: part }),
      fc.record({ kind: fc.constant("schema" as const), database: part, name: part }),
      fc.record({
        kind: fc.constant("grant" as const),
        grantee: fc.oneof(part, fc.record({ name: part, host: fc.constantFrom("a", "b") })),
        on: fc.constantFrom(
          { kind: "database" as const, database: "a" },
          { kind: "schema" as const, database: "a", schema: "b" },
          { kind: "role" as const, role: "a" },
        ),
      }),
    );
    const one = fc.record({
      family: fc.constantFrom(...families),
      cluster: fc.constantFrom("a", "b"),
      claim: named,
      owner: fc.constantFrom("one", "two"),
    });
    let met = 0;
    fc.assert(
      fc.property(fc.array(one, { minLength: 100, maxLength: 200 }), (many) => {
        const meanings = new Map<string, string>();
        for (const { family, cluster, claim, owner } of many) {
          const whole = { deletion: "drop", mode: "additive", auth: { kind: "iam" }, ...claim } as unknown as Claim;
          const id = claimId(family, cluster, whole, owner);
          assert.equal(id, claimId(family, cluster, structuredClone(whole), owner));
          assert.match(id, /^[A-Za-z0-9\-_.!~*'()%/@]+$/);
          // A login and a role of one name are one principal; only grants of two owners are two claims.
          const meaning = JSON.stringify([family, cluster, claim, claim.kind === "grant" ? owner : ""]);
          if (meanings.has(id)) met += 1;
          assert.equal(meanings.get(id) ?? meaning, meaning, id);
          meanings.set(id, meaning);
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(met > 100, "equal claims come up");
  });
});
