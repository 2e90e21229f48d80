import assert from "node:assert/strict";
import { CallFailure } from "../../components/client";
import { guard } from "../../components/lifecycle/guard";
import type { Lifecycle } from "../../components/lifecycle/lifecycle";
import { PROVIDER_KEY, UNKNOWN, type Properties } from "../../components/lifecycle/wire";
import {
  DbAccessError,
  type ErrorCode,
  type Inventory,
  type ProvisionerRef,
  type Reply,
} from "../../provisioner/protocol";
import { stackOf, takeInventory } from "../../provisioner/reconcile/inventory";
import { clientOf, FakeProvisioner, reply } from "./support/fake-provisioner";
import { ref } from "./support/inputs";

interface Bench {
  methods: Lifecycle;
  fake: FakeProvisioner;
  told: string[];
}

function bench(answer: (ref: ProvisionerRef) => Partial<Reply>, env: NodeJS.ProcessEnv = {}): Bench {
  const fake = new FakeProvisioner((_request, to) => reply([], answer(to)));
  const client = clientOf(fake);
  const told: string[] = [];
  return { methods: guard({ client: () => client, tell: (line) => told.push(line), env }), fake, told };
}

const nobody: Inventory = { claims: 0, owners: [] };
const shop: Inventory = { claims: 4, owners: [{ owner: "acme/shop/prod", claims: 4 }] };
const refusing = (code: ErrorCode) => (): Partial<Reply> => ({ error: { code, message: "It says why." } });
const failing = (outcome: "missing" | "final", code: ErrorCode) => (): never => {
  throw new CallFailure(outcome, new DbAccessError(code, "It says why."));
};

const inputs = (over: Properties = {}): Properties => ({
  provisioner: ref(),
  forceDestroy: false,
  [PROVIDER_KEY]: "code",
  ...over,
});

const refusalOf = async ({ methods }: Bench, state: Properties = inputs()): Promise<string> =>
  methods.delete("guard/orders", state).then(
    () => assert.fail("It has let the provisioner go."),
    (error: unknown) => {
      assert.ok(error instanceof DbAccessError);
      assert.doesNotMatch(error.message, /\n/);
      return error.message;
    },
  );

describe("the guard of a provisioner", () => {
  it("asks nobody but at its end, and keeps what it has to know then", async () => {
    const { methods, fake } = bench(() => ({ inventory: nobody }));
    const { inputs: checked, failures } = methods.check({}, inputs());
    assert.deepEqual(failures, []);
    assert.equal(checked[PROVIDER_KEY], "code");
    const { id, outs } = await methods.create(checked);
    assert.equal(id, "guard/orders");
    assert.deepEqual([outs.provisioner, outs.forceDestroy], [ref(), false]);
    assert.equal(outs.onDelete, "Refused while anything is claimed on orders.");
    assert.deepEqual(await methods.read(id, outs), { id, props: outs, inputs: outs });
    assert.deepEqual(methods.diff(id, outs, checked), { changes: false, replaces: [] });
    const forced = methods.check(checked, inputs({ forceDestroy: true })).inputs;
    assert.deepEqual(methods.diff(id, outs, forced), { changes: true, replaces: [] });
    assert.equal((await methods.update(id, outs, forced)).outs.forceDestroy, true);
    assert.equal(fake.requests.length, 0);
    await methods.delete(id, outs);
    const [{ mode, cluster }] = fake.requests;
    assert.deepEqual([mode, cluster, fake.requests.length], ["inventory", "orders", 1]);
  });

  it("refuses while there are claims, names the stacks and says what to do", async () => {
    const message = await refusalOf(bench(() => ({ inventory: shop })));
    assert.match(
      message,
      /^ClaimsRemain: .* orders stays, because 4 claims there .*: acme\/shop\/prod \(4\)\. Destroy/,
    );
    assert.match(message, /forceDestroy: true and run pulumi up before this\.$/);
    const owners = Array.from({ length: 12 }, (_, index) => ({ owner: `acme/app-${index}/prod`, claims: 1 }));
    const many = await refusalOf(bench(() => ({ inventory: { claims: 500, owners, ownersLeftOut: 30 } })));
    assert.match(many, /500 claims there .* acme\/app-9\/prod \(1\), 32 more\. Destroy/);
    assert.doesNotMatch(many, /app-10/);
  });

  it("with forceDestroy in its state asks nobody", async () => {
    const { methods, fake } = bench(() => ({ inventory: shop }));
    await methods.delete("guard/orders", inputs({ forceDestroy: true }));
    assert.equal(fake.requests.length, 0);
  });

  it("takes no failure and no odd answer for an empty inventory", async () => {
    const cases: [Bench, RegExp][] = [
      [bench(refusing("LedgerUntrusted")), /^LedgerUntrusted: It says why\. Who still claims .* is not known/],
      [bench(refusing("NetworkPathDatabase")), /^NetworkPathDatabase: .*DB_ACCESS_FORGET=orders if the database/],
      [bench(failing("missing", "FunctionMissing")), /^FunctionMissing: .*; DB_ACCESS_FORGET=orders/],
      [bench(() => ({})), /^FunctionFailed: .* gave no inventory; upgrade/],
      [
        bench(() => ({ inventory: { claims: "0" } as unknown as Inventory })),
        /^FunctionFailed: .* not of the db-access/,
      ],
      [bench(() => ({ protocols: { min: 7, max: 9 } })), /^ProtocolMismatch: /],
    ];
    for (const [one, words] of cases) assert.match(await refusalOf(one), words);
    assert.doesNotMatch(await refusalOf(cases[0][0]), /DB_ACCESS_FORGET/);
    assert.deepEqual(cases[2][0].fake.parameters, [], "another function of the cluster is not this provisioner's");
    assert.match(
      await refusalOf(
        bench(() => ({ inventory: nobody })),
        {},
      ),
      /^InvalidInput: /,
    );
  });

  it("lets go of a named cluster that cannot be reached, and of no other", async () => {
    const forget = (cluster: string) => ({ DB_ACCESS_FORGET: cluster });
    const gone = bench(refusing("NetworkPathDatabase"), forget("bills, orders"));
    await gone.methods.delete("guard/orders", inputs());
    assert.deepEqual(gone.told, ["DB_ACCESS_FORGET=orders: guard/orders asks nobody (NetworkPathDatabase)."]);
    await refusalOf(bench(refusing("NetworkPathDatabase"), forget("bills")));
    await refusalOf(bench(refusing("LedgerUntrusted"), forget("orders")));
    await refusalOf(bench(() => ({ inventory: shop }), forget("orders")));
  });

  it("comes through the role of the ref, and as itself where it may not", async () => {
    const invoke = { roleArn: "arn:aws:iam::123456789012:role/tooling", externalId: "agreed" };
    const through = inputs({ provisioner: ref({ invoke }) });
    const tooling = bench(() => ({ inventory: nobody }));
    await tooling.methods.delete("guard/orders", through);
    assert.equal(tooling.fake.requests.length, 1);
    const onlyDirect = (to: ProvisionerRef): Partial<Reply> =>
      to.invoke === undefined ? { inventory: shop } : failing("final", "NotAuthorized")();
    assert.match(await refusalOf(bench(onlyDirect), through), /^ClaimsRemain/);
    assert.match(await refusalOf(bench(failing("final", "NotAuthorized")), through), /^NotAuthorized/);
  });

  it("follows another ref of its cluster in place, and copes with what is not known yet", () => {
    const { methods } = bench(() => ({}));
    const elsewhere = inputs({ provisioner: ref({ region: "eu-north-1" }) });
    assert.deepEqual(methods.diff("id", inputs(), elsewhere), { changes: true, replaces: [] });
    for (const provisioner of [UNKNOWN, { ...ref(), functions: UNKNOWN }]) {
      const { inputs: checked, failures } = methods.check(inputs(), inputs({ provisioner }));
      assert.deepEqual(failures, []);
      assert.deepEqual(methods.diff("id", inputs(), checked), { changes: true, replaces: [] });
    }
  });

  it("refuses another name for the cluster at preview, unless it was told to let go", () => {
    const { methods } = bench(() => ({}));
    const renamed = inputs({ provisioner: { ...ref({ cluster: "bills" }), functions: UNKNOWN } });
    const [{ reason }] = methods.check(inputs(), renamed).failures;
    assert.match(reason, /^clusterName changes from orders to bills, .*forceDestroy: true first\.$/);
    const forced = inputs({ forceDestroy: true });
    assert.deepEqual(methods.check(forced, renamed).failures, []);
    assert.deepEqual(methods.diff("id", forced, renamed), { changes: true, replaces: ["provisioner"] });
  });
});

describe("the inventory", () => {
  const owner = (stack: string, name: string): string =>
    `acme/urn:pulumi:${stack}::shop::my:Component$pulumi-nodejs:dynamic/db-access:DbUser::${name}`;

  it("names the stack of a resource, and an owner key as it is", () => {
    assert.equal(stackOf(owner("prod", "api")), "acme/shop/prod");
    assert.equal(stackOf("the team's roster"), "the team's roster");
  });

  it("adds up the resources of a stack, and says how many stacks it leaves out", async () => {
    const of = (owners: { owner: string; claims: number }[]): Promise<Inventory> =>
      takeInventory({ ledger: { survey: () => Promise.resolve({ owners }) } as never });
    const resources = [owner("prod", "a"), owner("dev", "b"), owner("prod", "c")];
    assert.deepEqual(await of(resources.map((each) => ({ owner: each, claims: 2 }))), {
      claims: 6,
      owners: [
        { owner: "acme/shop/prod", claims: 4 },
        { owner: "acme/shop/dev", claims: 2 },
      ],
    });
    const many = await of(Array.from({ length: 1200 }, (_, index) => ({ owner: owner(`s${index}`, "a"), claims: 1 })));
    assert.deepEqual([many.claims, many.owners.length, many.ownersLeftOut], [1200, 1000, 200]);
    assert.deepEqual(await of([]), nobody);
  });
});
