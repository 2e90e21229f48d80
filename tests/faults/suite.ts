import assert from "node:assert/strict";
import { Harness } from "./harness";
import { Place } from "./place";
import { isOn } from "./protocol";
import { protocols } from "./protocols";
import { brief } from "./recording";
import { hasConverged, wordsOf } from "./report";

/** The part of `npm run faults` that every change has to pass. */
export function faultsOn(version: string): void {
  describe(`a fault at any call, on ${version}`, () => {
    let place: Place;
    let harness: Harness;

    before(async () => {
      place = await Place.start(version);
      harness = new Harness(place);
    });
    after(() => place.stop());

    for (const protocol of protocols.filter((each) => isOn(each, version, true)))
      it(`of ${protocol.name} leaves one user and one secret that opens it, or nothing`, async () => {
        const outcomes = await harness.run(protocol, brief);
        assert.deepEqual(outcomes.filter((outcome) => !hasConverged(outcome)).map(wordsOf), []);
        for (const kind of ["exit", "drop"] as const)
          for (const channel of ["start", "sql", "secrets"] as const)
            assert.ok(
              outcomes.some(({ fault }) => fault.kind === kind && fault.channel === channel),
              `${kind}, ${channel}`,
            );
      });

    it("leaves no secret and no row that belongs to nobody", async () => {
      assert.deepEqual(await harness.orphans(), []);
    });
  });
}
