import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createColors } from "picocolors";
import { leftOver, resourcesInState } from "../../automation/demo/inventory";
import { driver, refusal } from "../../automation/demo/login";
import { observe, proofTable, prove } from "../../automation/demo/proof";

const subject = { on: "postgresql", who: "orders_app", what: "INSERT into orders" };

const failingWith = (code: string) => (): Promise<never> => Promise.reject(Object.assign(new Error("no"), { code }));
const succeeding = (): Promise<number> => Promise.resolve(1);

describe("a proof of the demo", () => {
  it("holds only when the server answers as claimed", async () => {
    assert.deepEqual(await prove(subject, "allowed", succeeding), { ...subject, seen: "allowed", holds: true });
    assert.equal((await prove(subject, "refused", succeeding)).holds, false);
    const refused = await prove(subject, "refused", failingWith("42501"));
    assert.deepEqual([refused.seen, refused.holds], ["refused (42501)", true]);
    assert.equal((await prove(subject, "allowed", failingWith("ER_ACCESS_DENIED_ERROR"))).holds, false);
  });

  it("does not take another failure for a refusal", async () => {
    for (const code of ["ECONNREFUSED", "42P01", "ER_NO_SUCH_TABLE"]) {
      assert.equal((await prove(subject, "refused", failingWith(code))).holds, false);
      await assert.rejects(refusal(failingWith(code)));
    }
  });

  it("says what to do where the drivers are not installed", async () => {
    await assert.rejects(
      driver(() => Promise.reject(new Error("Cannot find package 'pg'"))),
      /which only a checkout has: clone the repository, run npm ci/,
    );
  });

  it("stands out in the table when it does not hold", () => {
    const table = proofTable([observe(subject, true, "yes"), observe(subject, false, "no")], createColors(false));
    assert.match(table, /orders_app +INSERT into orders +yes\n.*NOT PROVEN: no/);
  });
});

describe("what the demo leaves behind", () => {
  it("is what was not there before", () => {
    assert.deepEqual(leftOver(["postgres"], ["postgres", "orders"]), ["orders"]);
  });

  it("is counted over all stacks of the backend", () => {
    const directory = mkdtempSync(path.join(os.tmpdir(), "db-access-state-"));
    const stack = (name: string, resources: unknown[] | null): void => {
      const folder = path.join(directory, ".pulumi", "stacks", name);
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        path.join(folder, "dev.json"),
        JSON.stringify({ version: 3, checkpoint: { latest: { resources } } }),
      );
      writeFileSync(path.join(folder, "dev.json.bak"), "{}");
    };
    try {
      stack("one", [{}, {}]);
      stack("two", null);
      assert.equal(resourcesInState(directory), 2);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
