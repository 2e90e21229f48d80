import assert from "node:assert/strict";
import fc from "fast-check";
import type { GrantClaim } from "../../provisioner/protocol";
import { apply, byHand, startWorld, type World } from "../support/world";
import { agree, commandsOf, run, up, type Real } from "./commands";
import { asFacts, linesOf, Reference, type Fact } from "./reference";
import type { Universe } from "./universe";

const seed = fc.readConfigureGlobal().seed ?? Date.now() % 2 ** 31;
const runs = Number(process.env.DB_ACCESS_MODEL_RUNS ?? 20);
const { DB_ACCESS_PATH: path, DB_ACCESS_REPLAY: replayPath } = process.env;
const commandsPerRun = 22;

/** Random histories on one server, and after each step of one: is the server what the reference says? */
export function historiesOn(version: string, universe: Universe): void {
  describe(`any history of claims, on ${version}`, () => {
    let world: World;
    let beginning: Map<string, Fact>;

    before(async () => {
      world = await startWorld(version, { settings: universe.settings });
      await apply(world, ...universe.claims.map((claim) => ({ claim })));
      for (const step of universe.setUp) await run({ world }, step);
      beginning = asFacts(await universe.catalog(world));
    });
    after(() => world.stop());

    const ledger = async (): Promise<unknown[]> =>
      byHand(world, world.family === "postgresql" ? "postgres" : "db_access", "SELECT id FROM db_access.claims WHERE kind = 'grant'"); // prettier-ignore

    /** By hand, as it was before the first run; the ledger has no grants. */
    async function reset(): Promise<void> {
      const now = asFacts(await universe.catalog(world));
      await byHand(world, world.family === "postgresql" ? "postgres" : "db_access", "DELETE FROM db_access.claims WHERE kind = 'grant'"); // prettier-ignore
      // Columns can go with their table, and on MySQL an option outlives what it is an option of.
      const gone = [...now].filter(([key]) => !beginning.has(key)).map(([, fact]) => fact);
      const order = ({ kind, option }: Fact): number => (option === true ? 0 : kind === "column" ? 1 : 2);
      for (const fact of gone.sort((a, b) => order(a) - order(b))) await run({ world }, universe.revoke(fact));
      for (const [key, fact] of beginning) if (!now.has(key)) await run({ world }, universe.grant(fact));
      assert.deepEqual(linesOf(asFacts(await universe.catalog(world))), linesOf(beginning));
    }

    it(`ends as the reference says (seed ${seed}, ${runs} histories)`, async function () {
      this.timeout(runs * 120_000);
      await fc.assert(
        fc.asyncProperty(
          fc.commands(commandsOf(universe), { maxCommands: commandsPerRun, size: "max", replayPath }),
          async (commands) => {
            await reset();
            const tables = await universe.tables(world);
            const owners = new Map(universe.slots.map((slot) => [slot.name, slot.owner]));
            const real: Real = { world, universe, owners, tables };
            const model = new Reference<GrantClaim>(
              new Map(beginning),
              (claim) => universe.meaning(claim, tables),
              universe.optionOf,
            );
            await fc.asyncModelRun(() => ({ model, real }), commands);
            if (model.claims.size > 0) await up(model, real);
            for (const [slot, { claim }] of [...model.claims]) {
              await apply(world, { claim, owner: owners.get(slot), action: "remove" });
              model.remove(slot);
            }
            await agree(model, real, "the end of all claims");
            assert.deepEqual(await ledger(), []);
          },
        ),
        { seed, path, numRuns: runs, endOnFailure: process.env.DB_ACCESS_MODEL_SHRINK === undefined, verbose: 0 },
      );
    });
  });
}
