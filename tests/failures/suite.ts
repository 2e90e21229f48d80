import { versionsToTest } from "../support/versions";
import { Place } from "./place";
import { rows, type Product, type Row } from "./rows";

/** Every row of the matrix that a server can have, on one server for all of them. */
export function failureSuite(spec: string): void {
  for (const version of versionsToTest(spec))
    describe(`failures on ${version}`, () => {
      let place: Place;
      const [product, number] = version.split("@");
      const applies = ({ only, from = 0 }: Row): boolean =>
        (only === undefined || only.includes(product as Product)) && Number.parseFloat(number) >= from;

      before(async () => {
        place = await Place.start(version);
      });
      afterEach(() => place.release());
      after(() => place?.stop());

      for (const { row, title, run } of rows.filter(applies)) it(`${row} ${title}`, () => run(place));
    });
}
