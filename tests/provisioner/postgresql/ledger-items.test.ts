import assert from "node:assert/strict";

import { itemKey } from "../../../provisioner/access/item";
import type { RecordedItem } from "../../../provisioner/access/record";
import { packItems, unpackItems } from "../../../provisioner/engines/postgresql/ledger-items";
import { item } from "./server";

describe("items in the ledger", () => {
  it("take little room and come back as they were", () => {
    const items: RecordedItem[] = Array.from({ length: 500 }, (_, index) => `table_${index}`).flatMap((object) =>
      ["SELECT", "INSERT"].map((privilege) => ({
        item: item("app", { database: "d", schema: "s", object, privilege }),
        before: false,
      })),
    );
    items.push({
      item: item("app", { kind: "column", database: "d", schema: "s", object: "t", column: "c", grantable: true }),
      before: true,
    });
    items.push({
      item: item("app", { kind: "role", object: "r", privilege: "MEMBER", options: { inherit: false }, grantor: "g" }),
      before: false,
    });
    items.push({
      item: item("app", {
        kind: "default",
        object: "tables",
        database: "d",
        creator: "o",
        grantee: { name: "app", host: "%" },
      }),
      before: false,
    });
    const packed = packItems(items);
    assert.equal(packed.length, 4);
    assert.ok(JSON.stringify(packed).length < JSON.stringify(items).length / 10);
    const byKey = (list: RecordedItem[]): Map<string, RecordedItem> =>
      new Map(list.map((entry) => [itemKey(entry.item), entry]));
    assert.equal(unpackItems(packed).length, items.length);
    assert.deepEqual(byKey(unpackItems(packed)), byKey(items));
  });
});
