import assert from "node:assert/strict";
import fc from "fast-check";
import { itemKey, type Item } from "../../../provisioner/access/item";
import { planItems, type ItemQuestion } from "../../../provisioner/access/plan/items";
import type { RecordedItem } from "../../../provisioner/access/record";

const privileges = ["SELECT", "INSERT", "UPDATE", "DELETE"];
const objects = ["orders", "customers"];

const item: fc.Arbitrary<Item> = fc.record({
  grantee: fc.constant({ name: "app" }),
  kind: fc.constantFrom("table" as const, "column" as const),
  database: fc.constant("shop"),
  schema: fc.constant("public"),
  object: fc.constantFrom(...objects),
  column: fc.constantFrom("", "id"),
  privilege: fc.constantFrom(...privileges),
  grantable: fc.boolean(),
});
const tidy = (value: Item): Item => ({ ...value, column: value.kind === "column" ? "id" : "" });
const items = fc.uniqueArray(item.map(tidy), { selector: itemKey, maxLength: 8 });
const recorded = items.chain((list) =>
  fc
    .array(fc.boolean(), { minLength: list.length, maxLength: list.length })
    .map((flags): RecordedItem[] => list.map((entry, index) => ({ item: entry, before: flags[index] }))),
);
const question: fc.Arbitrary<ItemQuestion & { exclusive: boolean }> = fc
  .record({ wanted: items, recorded, others: recorded, actual: items, exclusive: fc.boolean() })
  .map((parts) => ({
    ...parts,
    scope: parts.exclusive ? () => true : undefined,
    target: () => true,
    revokeClearsColumns: true,
    optionPerLevel: false,
    absenceIsRead: false,
  }));

const keys = (list: readonly Item[]): Set<string> => new Set(list.map(itemKey));

/** What a server would have afterwards, with PostgreSQL's rule that a table-level REVOKE clears columns too. */
function carriedOut(asked: ItemQuestion): Item[] {
  const answer = planItems(asked);
  let held = new Map(asked.actual.map((entry) => [itemKey(entry), entry]));
  for (const entry of answer.grant) held.set(itemKey(entry), entry);
  for (const entry of answer.revokeOption) held.set(itemKey(entry), { ...entry, grantable: false });
  for (const entry of answer.revoke) {
    held = new Map(
      [...held].filter(
        ([key, other]) =>
          key !== itemKey(entry) &&
          !(
            entry.kind === "table" &&
            other.kind === "column" &&
            other.object === entry.object &&
            other.privilege === entry.privilege
          ),
      ),
    );
  }
  for (const entry of answer.regrant) held.set(itemKey(entry), entry);
  return [...held.values()];
}

describe("the set arithmetic of a grant", () => {
  it("converges in one application, from any starting state", () => {
    fc.assert(
      fc.property(question, (asked) => {
        const first = planItems(asked);
        const again = planItems({ ...asked, recorded: first.recorded, actual: carriedOut(asked) });
        assert.deepEqual([again.grant, again.revoke, again.revokeOption, again.regrant], [[], [], [], []]);
        assert.deepEqual(again.recorded, first.recorded);
      }),
      { numRuns: 2000 },
    );
  });

  it("ends with everything that is wanted", () => {
    fc.assert(
      fc.property(question, (asked) => {
        const held = carriedOut(asked);
        for (const wanted of asked.wanted)
          assert.ok(held.some((entry) => itemKey(entry) === itemKey(wanted) && (entry.grantable || !wanted.grantable)));
      }),
    );
  });

  it("in additive mode takes away only what this claim is recorded to have given", () => {
    fc.assert(
      fc.property(question, (asked) => {
        const given = keys(asked.recorded.filter((entry) => !entry.before).map((entry) => entry.item));
        for (const entry of planItems({ ...asked, scope: undefined }).revoke) assert.ok(given.has(itemKey(entry)));
      }),
    );
  });

  it("never takes away what another live claim holds, nor what is wanted", () => {
    fc.assert(
      fc.property(question, (asked) => {
        const kept = new Set([...keys(asked.others.map((entry) => entry.item)), ...keys(asked.wanted)]);
        for (const entry of planItems(asked).revoke) assert.ok(!kept.has(itemKey(entry)));
        // What a revoke takes along on PostgreSQL is back afterwards.
        const after = keys(carriedOut(asked));
        for (const entry of asked.actual) if (kept.has(itemKey(entry))) assert.ok(after.has(itemKey(entry)));
      }),
    );
  });

  it("in exclusive mode leaves nothing on the target but what is claimed", () => {
    fc.assert(
      fc.property(question, (asked) => {
        const claimed = new Set([...keys(asked.wanted), ...keys(asked.others.map((entry) => entry.item))]);
        for (const entry of carriedOut({ ...asked, scope: () => true })) assert.ok(claimed.has(itemKey(entry)));
      }),
    );
  });

  it("gives back what was there before when two claims of the same privilege end, in either order", () => {
    fc.assert(
      fc.property(items, items, items, fc.boolean(), (initial, one, two, oneFirst) => {
        const ask = (
          wanted: Item[],
          recordedItems: RecordedItem[],
          others: RecordedItem[],
          actual: Item[],
        ): ItemQuestion => ({
          wanted,
          recorded: recordedItems,
          others,
          actual,
          target: () => true,
          revokeClearsColumns: true,
          optionPerLevel: false,
          absenceIsRead: false,
        });
        const first = ask(one, [], [], initial);
        const recordedOne = planItems(first).recorded;
        const second = ask(two, [], recordedOne, carriedOut(first));
        const recordedTwo = planItems(second).recorded;
        const middle = carriedOut(second);
        const [a, b] = oneFirst ? [recordedOne, recordedTwo] : [recordedTwo, recordedOne];
        const afterFirst = carriedOut(ask([], a, b, middle));
        const afterBoth = carriedOut(ask([], b, [], afterFirst));
        assert.deepEqual(keys(afterBoth), keys(initial));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the grant option of MySQL", () => {
  const level = {
    kind: "database",
    database: "shop",
    schema: "",
    object: "",
    column: "",
    grantee: { name: "app", host: "%" },
  } as const;
  const held = (privilege: string, grantable: boolean): Item => ({ ...level, privilege, grantable });

  it("is one per level: what another claim may pass on is not fought over", () => {
    const answer = planItems({
      wanted: [held("INSERT", false)],
      recorded: [],
      others: [{ item: held("SELECT", true), before: false }],
      actual: [held("INSERT", true), held("SELECT", true)],
      scope: () => true,
      target: () => true,
      revokeClearsColumns: false,
      optionPerLevel: true,
      absenceIsRead: true,
    });
    assert.deepEqual([answer.grant, answer.revoke, answer.revokeOption], [[], [], []]);
  });

  it("of what an exclusive claim takes away does not come to what it gives", () => {
    const { grant, revoke, revokeOption } = planItems({
      wanted: [held("SELECT", false)],
      recorded: [],
      others: [],
      actual: [held("DELETE", true)],
      scope: () => true,
      target: () => true,
      revokeClearsColumns: false,
      optionPerLevel: true,
      absenceIsRead: true,
    });
    const wanted = [held("SELECT", false)];
    assert.deepEqual([grant, revoke, revokeOption], [wanted, [held("DELETE", true)], wanted]);
  });

  it("goes when the last claim that wanted it goes", () => {
    const answer = planItems({
      wanted: [held("INSERT", false)],
      recorded: [{ item: held("INSERT", true), before: false }],
      others: [],
      actual: [held("INSERT", true)],
      target: () => true,
      revokeClearsColumns: false,
      optionPerLevel: true,
      absenceIsRead: true,
    });
    assert.deepEqual(answer.revokeOption, [held("INSERT", true)]);
  });
});
