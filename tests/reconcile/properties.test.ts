import assert from "node:assert/strict";
import fc from "fast-check";
import { accountKey, PUBLIC, type Account } from "../../provisioner/access/account";
import { formerClaims } from "../../provisioner/access/begun";
import type { AuthSpec, RotationSpec, RoutineName, SecretSpec, Template } from "../../provisioner/access/claims";
import { claimId } from "../../provisioner/access/id";
import { itemKey, type Item } from "../../provisioner/access/item";
import {
  advance,
  parameterNames,
  planClaim,
  turnAccounts,
  type ClaimOrder,
  type ClaimPlan,
} from "../../provisioner/access/plan";
import { PRINCIPAL_TAG } from "../../provisioner/access/secret-text";
import { Refusal } from "../../provisioner/access/refusal";
import {
  findAccount,
  schemaKey,
  type AccountState,
  type Family,
  type Product,
  type RelationState,
} from "../../provisioner/access/server";
import { intentsOf } from "../../provisioner/reconcile/intent";
import type { Claim, GrantClaim, LoginClaim } from "../../provisioner/protocol";
import { callsOf, emptyAws, look, suppliedArns, type Simulated } from "./simulated-aws";

const families = ["postgresql", "mysql"] as const;
const products = [...families, "mariadb"] as const;
const familyOf = (product: Product): Family => (product === "postgresql" ? "postgresql" : "mysql");
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
function world(product: Product): fc.Arbitrary<Simulated> {
  const family = familyOf(product);
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
    .map((parts): Simulated => {
      const known = parts.principals.filter((accounts) => accounts.length > 0);
      const state: Simulated["state"] = {
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
          product,
          version: "17.0",
          versionNumber: family === "postgresql" ? 170000 : 80031,
          admin: adminOf(family),
          adminDatabase: "postgres",
          forcesTls: true,
          iamAvailable: true,
          partialRevokes: product === "mysql",
          setsDefaultRoles: true,
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
        primary: {
          tags: { team: "orders", stage: "test" },
          policy: JSON.stringify({
            Version: "2012-10-17",
            Statement: [{ Effect: "Deny", Principal: "*", Action: "secretsmanager:DeleteSecret", Resource: "*" }],
          }),
          rotation: { schedule: "rate(8 days)" },
        },
        aws: emptyAws(),
        service: {
          host: "orders.test",
          port: 5432,
          account: "123456789012",
          partition: "aws",
          region: "eu-central-1",
          engine: "postgres",
          adminSecretArn: "arn:admin",
          secretNamePrefixes: ["rds-", "orders/"],
          rotationFunctionArn: "arn:aws:lambda:eu-central-1:123456789012:function:rotate",
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

const keyArn = (name: string): string => `arn:aws:kms:eu-central-1:123456789012:key/${name}`;

const secretSpec: fc.Arbitrary<SecretSpec> = fc.record({
  name: maybe(often("orders/one", "orders/two")),
  kmsKeyArn: maybe(fc.constantFrom(keyArn("a"), keyArn("b"))),
  readers: maybe(some(["222222222222", "arn:aws:iam::333333333333:role/app"])),
  recoveryDays: maybe(fc.constantFrom(0, 8)),
  replicas: maybe(
    some(["eu-west-1", "eu-west-2"]).map((regions) => regions.map((region) => ({ region, kmsKeyArn: undefined }))),
  ),
  inherit: maybe(fc.record({ policy: maybe(fc.boolean()), tags: maybe(some(["team", "stage"])) })),
});

const auth: fc.Arbitrary<AuthSpec> = fc.oneof(
  fc.constant({ kind: "password" as const }),
  fc.record({ kind: fc.constant("password" as const), secret: secretSpec }),
  fc.record({ kind: fc.constant("password" as const), suppliedSecretArn: fc.constantFrom(...suppliedArns) }),
  fc.constant({ kind: "iam" as const }),
);

const rotation = (product: Product): fc.Arbitrary<RotationSpec> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        strategy: fc.constant(product === "mysql" ? ("dual" as const) : ("alternating" as const)),
        days: fc.constantFrom(7, 30),
      }),
    },
    fc.constant({ strategy: "single" as const, schedule: "rate(4 days)" }),
    fc.constant({ functionArn: "arn:aws:lambda:eu-central-1:123456789012:function:theirs", days: 3 }),
  );

/** Only one's own secret is rotated; validation refuses the rest. */
const rotated = (claim: LoginClaim): LoginClaim =>
  claim.auth.kind === "iam" || claim.auth.suppliedSecretArn !== undefined ? { ...claim, rotation: undefined } : claim;

const published = (claim: LoginClaim): LoginClaim =>
  claim.auth.kind === "iam" || claim.parameterPath === undefined
    ? { ...claim, parameterPasswordKeyArn: undefined }
    : claim;

const loginClaim = (product: Product): fc.Arbitrary<LoginClaim> =>
  fc
    .record({
      kind: fc.constant("login" as const),
      name: fc.constantFrom(...people),
      hosts: maybe(product !== "postgresql" ? some(["%", "10.0.%"], 1) : fc.constant(undefined)),
      auth,
      database: maybe(fc.constantFrom(...databases)),
      rotation: maybe(rotation(product)),
      parameterPath: maybe(often("/orders/one", "/orders/two")),
      parameterPasswordKeyArn: maybe(fc.constantFrom(keyArn("a"), keyArn("b"))),
      settings:
        product === "postgresql"
          ? maybe(fc.constantFrom({ search_path: "app" }, { work_mem: "8MB" }))
          : fc.constant(undefined),
      passwordVersion: maybe(fc.constantFrom(1, 2)),
      connectionLimit: maybe(fc.constant(7)),
      locked: maybe(fc.boolean()),
      deletion: fc.constantFrom("drop" as const, "lock" as const, "retain" as const),
      adopt: fc.constantFrom(true, true, undefined),
    })
    .map((claim) => published(rotated(claim as LoginClaim)));

const dropOrRetain = fc.constantFrom("drop" as const, "retain" as const);
const claim = (product: Product): fc.Arbitrary<Claim> => {
  const family = familyOf(product);
  return fc.oneof(
    { weight: 3, arbitrary: loginClaim(product) },
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
};

const order = (product: Product): fc.Arbitrary<ClaimOrder> =>
  fc.record({
    action: fc.constantFrom("ensure" as const, "ensure" as const, "remove" as const),
    owner: often("one", "two"),
    claim: claim(product),
  });

/** What somebody does by hand. */
const mishaps = ["secret deleted", "password changed", "supplied secret changed"] as const;

const history = fc.constantFrom(...products).chain((product) =>
  fc.record({
    context: world(product),
    steps: fc.array(
      fc.record({
        order: order(product),
        // After how many calls a run before this one was cut short.
        cut: fc.nat(14),
        mishap: often(undefined, ...mishaps),
      }),
      { minLength: 1, maxLength: 8 },
    ),
  }),
);

/** What the claim needs, or undefined when it is refused or has to wait. */
function planOf(context: Simulated, asked: ClaimOrder): ClaimPlan | undefined {
  look(context, asked);
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

/** As the reconcile loop does. */
function carryOut(context: Simulated, asked: ClaimOrder, plan: ClaimPlan): void {
  for (const call of callsOf(context, asked, plan)) call();
  advance(context, { ...plan, operations: [] });
}

/** The function dies after some of its calls: the intent stands in the ledger. */
function cutShort(context: Simulated, asked: ClaimOrder, plan: ClaimPlan, after: number): void {
  const intents = structuredClone(intentsOf(plan, new Map(context.records.map((one) => [one.id, one]))));
  for (const call of callsOf(context, asked, plan).slice(0, after)) call();
  const ids = new Set(intents.map(({ id }) => id));
  context.records = [...context.records.filter(({ id }) => !ids.has(id)), ...intents];
}

function happen(context: Simulated, { claim }: ClaimOrder, mishap: (typeof mishaps)[number] | undefined): void {
  const { secrets } = context.aws;
  const record = context.records.find(
    (row) => row.kind === "login" && row.grantee === ("name" in claim ? claim.name : ""),
  );
  if (mishap === undefined || record?.claim.kind !== "login" || record.credentials === undefined) return;
  const { secretArn, supplied, active } = record.credentials;
  if (mishap === "supplied secret changed") {
    for (const [name, secret] of secrets)
      if (suppliedArns.includes(secret.arn)) secrets.set(name, { ...secret, versionId: `${secret.versionId}'` });
  } else if (mishap === "secret deleted") {
    for (const [name, secret] of secrets) if (supplied !== true && secret.arn === secretArn) secrets.delete(name);
  } else {
    const accounts =
      active === undefined
        ? (context.state.principals.get(record.claim.name)?.accounts ?? []).map(({ account }) => account)
        : turnAccounts(context.facts, record.claim, active);
    context.changedPasswords = new Set(
      accounts.filter((account) => findAccount(context.state, account) !== undefined).map(accountKey),
    );
  }
}

/** Nobody is let in, nothing is published and nothing is left behind that no claim asks for. */
function assertExact(context: Simulated): void {
  for (const { name, tags, ...secret } of context.aws.secrets.values()) {
    const record = context.records.find(({ id }) => id === tags[PRINCIPAL_TAG]);
    if (suppliedArns.includes(secret.arn)) continue;
    assert.ok(record?.claim.kind === "login" && record.credentials?.secretArn === secret.arn, `${name} is an orphan`);
    const { auth, rotation } = record.claim;
    const spec = auth.kind === "password" ? (auth.secret ?? {}) : {};
    if (spec.readers === undefined && spec.inherit?.policy !== true) assert.equal(secret.policy, null, name);
    assert.deepEqual(
      [secret.kmsKeyArn, secret.replicas.map(({ region }) => region).sort(), secret.rotation !== undefined],
      [spec.kmsKeyArn, (spec.replicas ?? []).map(({ region }) => region).sort(), rotation !== undefined],
      name,
    );
    const inherited = Object.keys(tags).filter((tag) => tag === "team" || tag === "stage");
    assert.deepEqual(inherited.sort(), [...(spec.inherit?.tags ?? [])].sort(), name);
  }
  const claimed = context.records.flatMap((record) => formerClaims(record).flatMap(parameterNames));
  for (const name of context.aws.parameters.keys()) assert.ok(claimed.includes(name), `${name} is an orphan`);
}

const settled = (plan: ClaimPlan | undefined): unknown =>
  plan && [
    plan.operations,
    plan.credentials,
    plan.secretChanges,
    plan.parameterChanges,
    plan.changes,
    plan.recordChanges,
    plan.waitsFor,
  ];

/** Everything a later plan depends on. */
const seen = (context: Simulated): unknown => ({
  principals: [...context.state.principals.values()],
  databases: [...context.state.databases.values()],
  schemas: [...context.state.schemas.values()],
  items: heldItems(context),
  records: context.records
    .map((record) => ({
      ...record,
      items: record.items.map((entry) => JSON.stringify(entry)).sort(),
      credentials: record.credentials && {
        ...record.credentials,
        passwordLastChanged: "",
        grace: record.credentials.grace?.what,
        // Only a published password has one.
        parameterVersion:
          record.claim.kind === "login" && record.claim.parameterPasswordKeyArn !== undefined
            ? record.credentials.parameterVersion
            : undefined,
        // Nobody asks for the one of a supplied password.
        passwordVersion: record.credentials.supplied === true ? undefined : record.credentials.passwordVersion,
      },
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1)),
  secrets: [...context.aws.secrets.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  parameters: [...context.aws.parameters.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
});

const heldItems = (context: Simulated): string[] =>
  context.state.items.map((one) => `${itemKey(one)} ${one.grantable}`).sort();

describe("properties of the planner", () => {
  it("a plan carried out leaves nothing to plan, and it does not matter where an earlier run was cut short", () => {
    let carried = 0;
    let recovered = 0;
    fc.assert(
      fc.property(history, ({ context: start, steps: asks }) => {
        // Without prototypes that only the generator's objects have.
        const { context, steps } = structuredClone({ context: start, steps: asks });
        for (const { order: asked, cut, mishap } of steps) {
          happen(context, asked, mishap);
          const disturbed = structuredClone(context);
          const plan = planOf(context, asked);
          if (plan === undefined) continue;
          carryOut(context, asked, plan);
          carried += plan.operations.length;
          assert.deepEqual(settled(planOf(context, asked)), [[], { step: "none" }, [], [], [], false, []]);

          const interrupted = planOf(disturbed, asked);
          assert.ok(interrupted !== undefined);
          cutShort(disturbed, asked, interrupted, cut);
          const again = planOf(disturbed, asked);
          assert.ok(again !== undefined, "what was begun can be ended");
          carryOut(disturbed, asked, again);
          if (again.operations.length > 0) recovered += 1;
          assert.deepEqual(seen(disturbed), seen(context));
          assertExact(context);
        }
      }),
      { numRuns: 1000 },
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
    cutShort(context, more, plan, 2);
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
    const ensureAll = (context: Simulated, claims: readonly GrantClaim[]): { asked: ClaimOrder; before: string[] }[] =>
      claims.flatMap((claim, at) => {
        const asked: ClaimOrder = { action: "ensure", owner: `owner ${at}`, claim };
        const before = heldItems(context);
        const plan = planOf(context, asked);
        if (plan === undefined) return [];
        carryOut(context, asked, plan);
        return [{ asked, before }];
      });
    const remove = (context: Simulated, asked: ClaimOrder): void => {
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
