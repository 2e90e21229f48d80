import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { findProvisioner } from "../../automation/reset/provisioner";
import { operator, resetPassword } from "../../automation/reset/reset";
import { confirm } from "../../automation/terminal/confirm";
import { DbAccessError, type ClaimResult } from "../../provisioner/protocol";
import { clientOf, done, FakeProvisioner, reply } from "../components/support/fake-provisioner";
import { ref } from "../components/support/inputs";
import { AwsEndpointStandIn, provisionerAnswer, type HttpCall } from "../components/support/lambda-endpoint";
import { apply, attempt, secretOf, startWorld, type World } from "../support/world";
import { dbAccess } from "./support";

const change = {
  verb: "reset" as const,
  words: "reset the password of orders_api and put the new one into its secret",
};
const outputs = { secretArn: "arn:secret", secretVersionId: "v2", passwordLastChanged: "2026-02-01T00:00:00.000Z" };

const answering = (over: Partial<ClaimResult>): FakeProvisioner =>
  new FakeProvisioner(({ claims }) => reply(claims.map((claim) => done(claim, over))));

describe("db-access reset", () => {
  let directory: string;
  let file: string;

  before(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), "db-access-reset-"));
    file = path.join(directory, "ref.json");
    writeFileSync(file, JSON.stringify(ref()));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const order = { ref: ref(), username: "orders_api" };

  it("asks for a reset of the login that the row describes, in the operator's name", async () => {
    const fake = answering({ outputs, changes: [change], warnings: ["a warning"] });
    await resetPassword(clientOf(fake), order);
    assert.deepEqual(await resetPassword(clientOf(fake), { ...order, owner: "ticket 7" }), {
      cluster: "orders",
      username: "orders_api",
      status: "done",
      ...outputs,
      changes: [change.words],
      warnings: ["a warning"],
    });
    assert.deepEqual(
      fake.requests.map(({ mode, claims: [{ action, owner, claim }] }) => [mode, action, owner, claim]),
      [
        ["apply", operator()],
        ["apply", "ticket 7"],
      ].map(([mode, owner]) => [
        mode,
        "reset",
        owner,
        { kind: "login", name: "orders_api", auth: { kind: "password" }, deletion: "retain" },
      ]),
    );
    assert.match(operator(), /^operator\/.+@.+$/);
  });

  it("fails as the provisioner says it", async () => {
    const error = new DbAccessError("ObjectMissing", "No login orders_api is managed by this provisioner.").toBody();
    const client = clientOf(answering({ status: "failed", error }));
    await assert.rejects(resetPassword(client, order), { code: "ObjectMissing", message: /No login orders_api/ });
  });

  it("finds the provisioner by its parameter or in a file", async () => {
    const fake = new FakeProvisioner(undefined, () => JSON.stringify(ref()));
    assert.deepEqual(await findProvisioner({ ref: file }, fake), ref());
    assert.deepEqual(fake.parameters, []);
    assert.deepEqual(
      await findProvisioner({ parameter: "/db-access/orders" }, fake, { AWS_REGION: "eu-west-1" }),
      ref(),
    );
    assert.deepEqual(fake.parameters, ["/db-access/orders"]);
    const none = path.join(directory, "none.json");
    const bad = path.join(directory, "bad.json");
    const other = path.join(directory, "other.json");
    writeFileSync(bad, "ref");
    writeFileSync(other, '{"cluster":"orders"}');
    const refused: [Parameters<typeof findProvisioner>[0], RegExp][] = [
      [{}, /--parameter <name> or --ref <file>/],
      [{ parameter: "/a", ref: file }, /--parameter <name> or --ref <file>/],
      [{ parameter: "/a" }, /Region of parameter \/a is not known; pass --region/],
      [{ ref: none }, /none\.json cannot be read: ENOENT/],
      [{ ref: bad }, /bad\.json is not JSON/],
      [{ ref: other }, /other\.json is not the ref of a provisioner/],
    ];
    for (const [options, message] of refused) await assert.rejects(findProvisioner(options, fake, {}), { message });
  });

  it("goes on only when a person has written the login's name", async () => {
    const answered = async (text: string | undefined, isTTY = true): Promise<void> => {
      const input = Object.assign(new PassThrough(), { isTTY });
      const output = new PassThrough();
      const asked = confirm("words", "orders_api", { input, output });
      if (text === undefined) input.end();
      else input.write(text);
      await asked;
    };
    await answered("orders_api\n");
    for (const text of ["y\n", "\n", undefined])
      await assert.rejects(answered(text), { code: "NotConfirmed", message: "Not confirmed. Nothing was done." });
    await assert.rejects(answered("orders_api\n", false), { code: "NotConfirmed", message: /pass --yes/ });
  });

  /** The command is the built one and the SDK real; the provisioner is not. */
  describe("the command", function () {
    this.timeout(60_000);
    let endpoint: AwsEndpointStandIn;
    const actions = ({ path: url, body }: HttpCall): string =>
      url.startsWith("/2015-03-31/functions/")
        ? (JSON.parse(body) as { mode: string; claims: [{ action: string }] }).claims
            .map(({ action }) => `${(JSON.parse(body) as { mode: string }).mode} ${action}`)
            .join()
        : url;

    before(async () => {
      endpoint = await AwsEndpointStandIn.start((call) => provisionerAnswer(call, { outputs, changes: [change] }));
      writeFileSync(file, JSON.stringify(ref({ endpointUrl: endpoint.url })));
    });
    beforeEach(() => void endpoint.calls.splice(0));
    after(() => endpoint.stop());

    it("prints where the password is now, as a table and as JSON", async () => {
      const table = await dbAccess(["reset", "orders_api", "--ref", file, "--yes"]);
      assert.deepEqual([table.status, table.stderr], [0, ""]);
      assert.match(
        table.stdout,
        /^what +now\n─+ +─+\ncluster +orders\nlogin +orders_api\nsecret +arn:secret\nversion +v2\n/,
      );
      const json = await dbAccess(["reset", "orders_api", "--ref", file, "--yes", "--json"]);
      assert.deepEqual(JSON.parse(json.stdout), {
        cluster: "orders",
        username: "orders_api",
        status: "done",
        ...outputs,
        changes: [change.words],
        warnings: [],
      });
      assert.deepEqual(endpoint.calls.map(actions), ["apply reset", "apply reset"]);
    });

    it("changes nothing without a person or --yes", async () => {
      const { status, stdout, stderr } = await dbAccess(["reset", "orders_api", "--ref", file, "--json"]);
      assert.equal(status, 1);
      assert.match(stderr, /^NotConfirmed: .*--yes/);
      assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, "NotConfirmed");
      assert.deepEqual(endpoint.calls, []);
    });
  });

  describe("on a real server", function () {
    this.timeout(120_000);
    let world: World;

    before(async () => (world = await startWorld("postgresql@17")));
    after(() => world.stop());

    it("refuses every older password at once, leaves the claim as it is, and knows what it does not manage", async () => {
      const claim = {
        kind: "login" as const,
        name: "app",
        auth: { kind: "password" as const, secret: { recoveryDays: 0 } },
        deletion: "drop" as const,
        passwordVersion: 3,
        connectionLimit: 7,
      };
      const [made] = await apply(world, { claim, owner: "its owner" });
      const arn = String(made.outputs?.secretArn);
      const before = await secretOf(world, arn);
      const env = world.stack.env();
      const where = ["--parameter", world.target.ref.discovery.parameter, "--yes", "--json"];
      const run = await dbAccess(["reset", "app", ...where], env);
      assert.equal(run.status, 0, run.stderr);
      const report = JSON.parse(run.stdout) as Record<string, unknown>;
      const after = await secretOf(world, arn);
      assert.deepEqual([report.secretArn, report.status], [arn, "done"]);
      assert.notEqual(report.secretVersionId, made.outputs?.secretVersionId);
      assert.notEqual(after.password, before.password);
      assert.ok(!run.stdout.includes(after.password) && !run.stderr.includes(after.password));
      const tryLogin = (password: string) => attempt(world, { user: "app", password }, "postgres", "SELECT 1");
      assert.equal(await tryLogin(after.password), "ok");
      assert.equal(await tryLogin(before.password), "28P01");
      const [again] = await apply(world, { claim, owner: "its owner" });
      assert.deepEqual([again.status, again.changes], ["unchanged", []]);
      assert.equal(again.outputs?.secretVersionId, report.secretVersionId);
      const unknown = await dbAccess(["reset", "nobody", ...where], env);
      assert.equal(unknown.status, 1);
      assert.match(unknown.stderr, /^ObjectMissing: No login nobody/);
    });
  });
});
