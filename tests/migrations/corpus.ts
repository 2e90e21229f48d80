import assert from "node:assert/strict";
import type { MigrationSpec } from "../../provisioner/protocol";
import { grantOf, startPlace, type Place } from "../rules/place";
import { attempt, query, type Login } from "../support/world";
import { migrate, refused, type Texts } from "./request";

/** `hand` may everything, `reader` may SELECT every table of today and tomorrow, `stranger` may connect. */
export type Who = "hand" | "reader" | "stranger";

/** What somebody gets to see: the first value of each row, or the server's code. */
export type Effect = [who: Who, sql: string, gives: readonly unknown[] | string];

export interface Failing {
  file: string;
  /** Default: whatever the server's is. */
  code?: string;
  line?: number;
  statement?: number;
  rolledBack: boolean;
  words?: RegExp;
}

/** A folder of files, and what is there afterwards. */
export interface Case {
  name: string;
  /** Servers on which it ends in this way. Default: all of its family. */
  on?: (version: string) => boolean;
  files: Texts;
  migration?: Partial<MigrationSpec>;
  /** What is said before anything runs. */
  refused?: RegExp;
  /** How the run ends in place of its last file. */
  fails?: Failing;
  effects?: readonly Effect[];
}

/** The major version of `postgresql@17`. */
export const majorOf = (version: string): number => Number(/@(\d+)/.exec(version)?.[1]);

export interface Readers {
  reader: Login;
  stranger: Login;
}

async function readersOf(place: Place): Promise<Readers> {
  const readers = { reader: await place.login("reader"), stranger: await place.login("stranger") };
  if (!place.postgresql) {
    await place.apply({ claim: grantOf("reader", place.tables("*"), ["SELECT"]) });
    await place.apply({ claim: { kind: "database", name: "more", owner: "shop_owner", deletion: "drop" } });
    await place.apply({ claim: grantOf("stranger", { kind: "database", database: "shop" }, ["EXECUTE"]) });
    return readers;
  }
  const future = { createdBy: ["shop_owner"] };
  // Everybody may use schema public, on every version.
  for (const name of ["reader", "stranger"])
    await place.apply({ claim: grantOf(name, { kind: "database", database: "shop" }, ["CONNECT"]) });
  await place.apply({ claim: grantOf("reader", place.tables("*", { future }), ["SELECT"]) });
  return readers;
}

async function check(place: Place, readers: Readers, [who, sql, gives]: Effect): Promise<void> {
  const login = who === "hand" ? place.world.server.superuser : readers[who];
  const said = `${who}: ${sql}`;
  if (typeof gives === "string") {
    assert.equal(await attempt(place.world, login, "shop", sql), gives, said);
    return;
  }
  const rows = await query(place.world, login, "shop", sql);
  const plain = (value: unknown): unknown => (typeof value === "bigint" ? Number(value) : value);
  assert.deepEqual(
    rows.map((row) => plain(Object.values(row)[0])),
    gives,
    said,
  );
}

async function tryOut(place: Place, readers: Readers, each: Case, at: number): Promise<void> {
  // What destroys or blocks is another matter: here it is what the server does with it.
  const warn = { lint: "warn" as const };
  const migration = { database: "shop", historyTable: `history_${at}`, ...warn, ...each.migration };
  const states = async (): Promise<unknown> =>
    (await migrate(place.world, "plan", {}, migration)).history.map(({ name, state }) => [name, state]);
  if (each.refused !== undefined) {
    const words = await refused(place.world, each.files, migration);
    assert.match(words, each.refused);
    assert.match(words, /Nothing (of it )?was (changed|run)\.$/);
    assert.deepEqual(await states(), []);
  } else {
    const status = await migrate(place.world, "apply", each.files, migration);
    const { file, words = /./, ...rest } = each.fails ?? {};
    if (each.fails === undefined) {
      assert.equal(status.failure, undefined, JSON.stringify(status.failure));
      assert.deepEqual(status.pending, []);
      const names = Object.keys(each.files).filter((name) => !/\.(verify|down)\.sql$/.test(name));
      assert.deepEqual(status.ran.map(({ name }) => name).sort(), names.sort());
      assert.deepEqual((await migrate(place.world, "apply", each.files, migration)).ran, []);
    } else {
      const { failure } = status;
      assert.ok(failure !== undefined, `${file ?? ""} did not fail`);
      const { words: said, id, ...how } = failure;
      assert.deepEqual(how, { code: how.code, ...rest, file }, said);
      assert.match(said, words);
      // What has left something is answered by its id.
      assert.equal(id !== undefined, !how.rolledBack);
    }
  }
  for (const effect of each.effects ?? []) await check(place, readers, effect);
}

/** Every case of a family on one server, each with a history of its own. */
export function corpusOn(version: string, cases: readonly Case[]): void {
  describe(`files of every kind on ${version}`, function () {
    this.timeout(120_000);
    let place: Place;
    let readers: Readers;

    before(async () => {
      place = await startPlace(version);
      readers = await readersOf(place);
    });
    after(() => place?.world.stop());

    cases.forEach((each, at) => {
      if (each.on?.(version) === false) return;
      it(each.name, () => tryOut(place, readers, each, at));
    });
  });
}
