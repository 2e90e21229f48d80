import assert from "node:assert/strict";
import fc from "fast-check";
import { accountKey } from "../../provisioner/access/account";
import { formerClaims } from "../../provisioner/access/begun";
import { claimId } from "../../provisioner/access/id";
import { itemKey } from "../../provisioner/access/item";
import {
  advance,
  parameterNames,
  planClaim,
  turnAccounts,
  type ClaimOrder,
  type ClaimPlan,
} from "../../provisioner/access/plan";
import { Refusal } from "../../provisioner/access/refusal";
import { PRINCIPAL_TAG } from "../../provisioner/access/secret-text";
import { findAccount, type Family } from "../../provisioner/access/server";
import type { Claim, GrantClaim } from "../../provisioner/protocol";
import { intentsOf } from "../../provisioner/reconcile/intent";
import { grantClaim, mishaps, history } from "./random-claims";
import { families, world } from "./random-world";
import { callsOf, look, suppliedArns, type Simulated } from "./simulated-aws";

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
