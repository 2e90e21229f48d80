import assert from "node:assert/strict";
import { versionsToTest } from "../support/versions";
import { Place } from "./place";
import { lastRow, notLocal, rows, type Product } from "./rows";

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

for (const version of versionsToTest("postgresql@17", "mysql@8.0", "mariadb@10.11"))
  describe(`failures on ${version}`, () => {
    let place: Place;
    const product = version.split("@")[0] as Product;

    before(async () => {
      place = await Place.start(version);
    });
    after(() => place?.stop());

    for (const { row, title, only, run } of rows)
      if (only === undefined || only.includes(product)) it(`${row} ${title}`, () => run(place));
  });
