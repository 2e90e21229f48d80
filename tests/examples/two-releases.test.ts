import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { refused, type Texts } from "../migrations/request";
import { Engine } from "../support/engine";
import { attempt, byHand, query, secretOf, startWorld, type Login, type Outcome, type World } from "../support/world";
import { examplesFolder } from "./world";

const example = path.join(examplesFolder, "two-releases");

const textsOf = (engine: string, release: string): Texts => {
  const folder = path.join(example, engine, release);
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), "utf8")]));
};

/** What each version of the application says to the database. */
const versions = {
  old: [
    "INSERT INTO orders (customer, total) VALUES ('old', 12.34)",
    "UPDATE orders SET total = total + 0.01 WHERE id = 7",
    "SELECT customer, total FROM orders ORDER BY id DESC LIMIT 5",
  ],
  new: [
    "INSERT INTO orders (customer, total_cents) VALUES ('new', 5678)",
    "UPDATE orders SET total_cents = total_cents + 1 WHERE id = 8",
    "SELECT customer, total_cents FROM orders ORDER BY id DESC LIMIT 5",
  ],
};

for (const [product, version] of [
  ["postgresql", "postgresql@17"],
  ["mysql", "mysql@8.0"],
])
  describe(`a change in two releases, on ${version}`, () => {
    let world: World;
    let engine: Engine;
    let login: Login;

    before(async () => {
      world = await startWorld(version);
      engine = await Engine.start({
        program: {
          main: path.join(example, "index.ts"),
          settings: parse(readFileSync(path.join(example, "Pulumi.yaml"), "utf8")) as Record<string, unknown>,
        },
        project: "two-releases",
        env: world.stack.env(),
        config: { provisioner: world.target.ref.discovery.parameter, engine: product, release: "before" },
      });
      await engine.up();
      const { username, password } = await secretOf(world, String((await engine.outputs()).secretArn));
      login = { user: username, password };
      const rows = Array.from({ length: 2500 }, (_, n) => `('there', ${n}.${n % 10})`);
      await query(world, login, "sales", `INSERT INTO orders (customer, total) VALUES ${rows.join()}`);
    });
    after(async () => {
      await engine?.stop();
      await world?.stop();
    });

    const outcomes = async (application: keyof typeof versions): Promise<Outcome[]> => {
      const all: Outcome[] = [];
      for (const sql of versions[application]) all.push(await attempt(world, login, "sales", sql));
      return all;
    };
    const works = ["ok", "ok", "ok"];

    /** The release, with an application that never stops. Tells how many rounds it has made, each without an error. */
    const deployed = async (release: string, running: keyof typeof versions): Promise<number> => {
      engine.configure({ release });
      let ended = false;
      const work = async (): Promise<number> => {
        let rounds = 0;
        for (; !ended; rounds += 1)
          assert.deepEqual(await outcomes(running), works, `the ${running} application during ${release}`);
        return rounds;
      };
      const [up, rounds] = await Promise.allSettled([engine.up().finally(() => (ended = true)), work()]);
      if (up.status === "rejected") throw up.reason;
      if (rounds.status === "rejected") throw rounds.reason;
      return rounds.value;
    };
    const apart = (): Promise<Record<string, unknown>[]> =>
      byHand(
        world,
        "sales",
        "SELECT id FROM orders WHERE total_cents IS NULL OR total IS NULL OR total_cents <> total * 100",
      );

    it("each release has the files of the one before, as they were", () => {
      const [before, expand, contract] = ["before", "expand", "contract"].map((name) => textsOf(product, name));
      assert.deepEqual({ ...expand, ...before }, expand);
      assert.deepEqual({ ...contract, ...expand }, contract);
      assert.deepEqual(
        Object.keys(contract).filter((name) => !(name in expand)),
        ["0005_without_total.sql"],
      );
    });

    it("while it expands, the old application goes on, and every row gets the new column", async () => {
      assert.ok((await deployed("expand", "old")) > 0);
      assert.deepEqual(await apart(), []);
    });

    it("between the releases both work beside each other, and see what the other has written", async () => {
      assert.deepEqual([await outcomes("new"), await outcomes("old")], [works, works]);
      const seen = "SELECT total FROM orders WHERE customer = 'new'";
      assert.deepEqual(
        (await query(world, login, "sales", seen)).map(({ total }) => Number(total)),
        [56.78],
      );
      assert.deepEqual(await apart(), []);
    });

    it("the second release is refused as long as its file does not say that it means it", async () => {
      const texts = textsOf(product, "contract");
      const name = "0005_without_total.sql";
      const unsaid = { ...texts, [name]: texts[name].replace("drop-column, ", "") };
      assert.notEqual(unsaid[name], texts[name]);
      const migration = { database: "sales", runAs: "sales_owner" };
      assert.match(await refused(world, unsaid, migration), /0005_without_total\.sql \(line \d+\) drops a column/);
      assert.deepEqual(await outcomes("old"), works);
    });

    it("while it contracts, the new application goes on, and then the old column is gone", async () => {
      assert.ok((await deployed("contract", "new")) > 0);
      assert.equal(
        await attempt(world, login, "sales", "SELECT total FROM orders"),
        product === "mysql" ? "1054" : "42703",
      );
      assert.deepEqual(await outcomes("new"), works);
      const empty = await byHand(world, "sales", "SELECT id FROM orders WHERE total_cents IS NULL");
      assert.deepEqual(empty, []);
    });
  });
