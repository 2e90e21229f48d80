import assert from "node:assert/strict";
import { lastRow, notLocal, rows } from "./rows";

describe("the failure matrix", () => {
  it("has each of its rows as a test, or with the reason why it cannot be one", () => {
    const all = Array.from({ length: lastRow }, (_, at) => `F${at + 1}`);
    const tested = new Set<string>(rows.map(({ row }) => row));
    assert.deepEqual(
      all.filter((row) => !tested.has(row) && notLocal[row] === undefined),
      [],
    );
    assert.deepEqual(
      Object.keys(notLocal).filter((row) => tested.has(row) || !all.includes(row)),
      [],
    );
    assert.deepEqual(
      [...tested].filter((row) => !all.includes(row)),
      [],
    );
  });
});
