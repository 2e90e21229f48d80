import { versionsToTest } from "../support/versions";
import { Place } from "./place";
import { rows, type Product } from "./rows";

/** Every row of the matrix that a server can have, on one server for all of them. */
export function failureSuite(spec: string): void {
  for (const version of versionsToTest(spec))
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
}
