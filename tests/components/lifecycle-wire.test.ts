import assert from "node:assert/strict";
import fc from "fast-check";
import { hasUnknown, sameWire, toWire, UNKNOWN, valueAt, withoutNulls } from "../../components/lifecycle/wire";

describe("wire", () => {
  it("drops undefined at any depth, sorts keys and writes dates as text", () => {
    const wire = toWire({ b: { y: undefined, x: new Date(0) }, a: [{ z: undefined }, undefined] });
    assert.equal(JSON.stringify(wire), '{"a":[{},null],"b":{"x":"1970-01-01T00:00:00.000Z"}}');
  });

  it("keeps JSON as it is, whatever the order of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(toWire(value), value);
        assert.equal(sameWire(value, structuredClone(value)), true);
      }),
    );
    assert.equal(sameWire({ a: 1, b: 2 }, { b: 2, a: 1, c: undefined }), true);
  });

  it("finds an unknown inside, and at a path below one", () => {
    assert.equal(hasUnknown({ a: [{ b: UNKNOWN }] }), true);
    assert.equal(hasUnknown({ a: ["b"] }), false);
    assert.equal(valueAt({ a: UNKNOWN }, ["a", "b", 0]), UNKNOWN);
    assert.equal(valueAt({ a: "text" }, ["a", "length"]), undefined);
  });

  it("takes null for not given", () => {
    assert.deepEqual(withoutNulls({ a: null, b: { c: null, d: [null, 1] } }), { b: { d: [null, 1] } });
  });
});
