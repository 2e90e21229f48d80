import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { actionEvent, takenAway } from "../../automation/invoke/event";
import { invoke } from "../../automation/invoke/invoke";
import { answerWords } from "../../automation/invoke/words";
import { CallFailure } from "../../components/client";
import { crashFailure } from "../../components/client/errors";
import { operator } from "../../automation/reset/reset";
import { dbAccess } from "../automation/support";
import { ref } from "../components/support/inputs";
import { AwsEndpointStandIn } from "../components/support/lambda-endpoint";

describe("db-access invoke", () => {
  it("makes the event that its options say", () => {
    assert.deepEqual(
      actionEvent("create_user", { username: "ada", host: ["%"], level: "admin", database: "shop" }, "orders"),
      {
        action: "create_user",
        username: "ada",
        hosts: ["%"],
        level: "admin",
        database: "shop",
        cluster: "orders",
        requestedBy: operator(),
      },
    );
    const refused: [string, Parameters<typeof actionEvent>[1], RegExp][] = [
      [
        "drop_user",
        {},
        /drop_user is not an action; use one of create_user, update_grant, reset_password, delete_user/,
      ],
      ["create_user", {}, /username is missing/],
      ["create_user", { username: "ada", level: "owner" }, /level must be one of readonly, readwrite, admin/],
      ["reset_password", { username: "ada", level: "admin" }, /level is nothing that the event may have/],
    ];
    for (const [action, options, message] of refused)
      assert.throws(() => actionEvent(action, options, "orders"), { message });
  });

  it("asks before anything is deleted, and before nothing else", () => {
    assert.deepEqual(takenAway({ action: "delete_user", username: "ada" })?.word, "ada");
    assert.match(takenAway({ action: "delete_user", username: "ada", hosts: ["%"] })?.words ?? "", /ada at %/);
    assert.equal(takenAway({ tf: { action: "delete" }, application_name: "api", database_name: "shop" })?.word, "api");
    for (const other of [{ action: "create_user", username: "ada" }, { tf: { action: "update" } }, [], null, "x"])
      assert.equal(takenAway(other), undefined);
  });

  it("fails as the function says it, thrown or answered", async () => {
    const thrown = crashFailure('{"errorType":"Error","errorMessage":"OwnedElsewhere: api is managed by shop."}', "f");
    assert.deepEqual([thrown.error.code, thrown.error.message], ["OwnedElsewhere", "api is managed by shop."]);
    for (const strange of ['{"errorType":"Error","errorMessage":"secret: hunter2"}', "no JSON", "null"]) {
      const failure = crashFailure(strange, "f");
      assert.equal(failure.error.code, "FunctionFailed");
      assert.equal(failure.error.message.includes("hunter2"), false);
    }
    const answering = (answer: string) => ({ invoke: () => Promise.resolve(answer) });
    const error = { code: "InvalidInput", message: "The request is not valid." };
    for (const answer of [{ error, results: [] }, { results: [{ status: "failed", error }] }])
      await assert.rejects(invoke(answering(JSON.stringify(answer)), ref(), {}), error);
    await assert.rejects(invoke(answering("<html>"), ref(), {}), { code: "FunctionFailed" });
    await assert.rejects(invoke({ invoke: () => Promise.reject(thrown) }, ref(), {}), CallFailure);
  });

  it("says in plain words what is so now", () => {
    const words = answerWords({
      request_id: "1",
      database: "shop",
      username: "app_api_shop_1",
      parameter_names: { host: "/orders/api/shop/host" },
      users: [{ username: "grace", source: "id" }],
      removed_users: [],
      status: "done",
      changes: ["create login app_api_shop_1"],
      warnings: [],
    });
    assert.match(words, /^what +now\n─+ +─+\ndatabase +shop\nuser +app_api_shop_1\nstatus +done\n\n/);
    assert.match(
      words,
      /What was done:\n {2}create login app_api_shop_1\n\nParameters:\n {2}\/orders\/api\/shop\/host\n\nWho may read:\n {2}grace$/,
    );
    assert.equal(answerWords(null), "The function has done it and had nothing to say.");
    assert.equal(answerWords({ results: [] }), '{\n  "results": []\n}');
  });

  /** The command is the built one and the SDK real; the function is not. */
  describe("the command", function () {
    this.timeout(60_000);
    let endpoint: AwsEndpointStandIn;
    let directory: string;
    let file: string;
    const answer = { username: "ada", status: "done", changes: ["create login ada"], warnings: ["mind the gap"] };

    before(async () => {
      endpoint = await AwsEndpointStandIn.start(({ body }) =>
        body.includes("update_grant")
          ? {
              status: 200,
              headers: { "X-Amz-Function-Error": "Unhandled" },
              body: JSON.stringify({ errorType: "Error", errorMessage: "ObjectMissing: No user ada." }),
            }
          : { status: 200, body: JSON.stringify(answer) },
      );
      directory = mkdtempSync(path.join(os.tmpdir(), "db-access-invoke-"));
      file = path.join(directory, "ref.json");
      writeFileSync(file, JSON.stringify(ref({ endpointUrl: endpoint.url })));
    });
    after(async () => {
      await endpoint.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    it("prints the answer, and what is wrong with exit code 1", async () => {
      const done = await dbAccess(["invoke", "create_user", "--username", "ada", "--ref", file]);
      assert.deepEqual([done.status, done.stderr], [0, "warning: mind the gap\n"]);
      assert.match(
        done.stdout,
        /^what +now\n─+ +─+\nuser +ada\nstatus +done\n\nWhat was done:\n {2}create login ada\n$/,
      );
      const events = path.join(directory, "event.json");
      writeFileSync(events, JSON.stringify({ action: "update_grant" }));
      const failed = await dbAccess(["invoke", "--event", events, "--ref", file, "--json"]);
      assert.deepEqual([failed.status, failed.stderr], [1, "ObjectMissing: No user ada.\n"]);
      assert.deepEqual(JSON.parse(failed.stdout), { error: { code: "ObjectMissing", message: "No user ada." } });
    });

    it("sends nothing that deletes without a person or --yes", async () => {
      endpoint.calls.splice(0);
      const asked = await dbAccess(["invoke", "delete_user", "--username", "ada", "--ref", file]);
      assert.deepEqual([asked.status, endpoint.calls.length], [1, 0]);
      assert.match(asked.stderr, /^NotConfirmed: Nobody is there to confirm it; pass --yes/);
      const done = await dbAccess(["invoke", "delete_user", "--username", "ada", "--ref", file, "--yes", "--json"]);
      assert.deepEqual([done.status, JSON.parse(done.stdout)], [0, answer]);
    });
  });
});
