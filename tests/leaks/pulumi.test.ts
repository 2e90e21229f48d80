import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { AwsError } from "../../local/aws";
import { declare, password, programOf, user } from "../pulumi/program";
import { Engine, type Run } from "../support/engine";
import { filesIn, holdsVerifier, Scanner, type Places } from "../support/leaks";
import { versionsToTest } from "../support/versions";
import { secretOf } from "../support/world";
import { startLeakPlace, type LeakPlace } from "./place";

const program = (version: number, more = ""): string =>
  programOf(
    declare("DbRole", "owner", { name: '"shop_owner"' }) +
      declare("DbDatabase", "shop", { name: '"shop"', owner: "owner.name" }, "{ dependsOn: [owner] }") +
      user("api", "shop_api", { auth: password, passwordVersion: String(version) }) +
      declare("DbGrant", "read", {
        grantee: "api.username",
        on: '{ kind: "tables", database: shop.name, schema: "public", tables: "*" }',
        privileges: '["SELECT"]',
      }) +
      "exports.secretArn = api.secretArn;\n" +
      more,
  );

/** What a careless program does with a password that it has read. */
const careless = `
const leaked = process.env.LEAKED;
console.log("logging in with", leaked);
pulumi.log.debug("debug " + leaked);
require("node:fs").writeFileSync(require("node:path").join(require("node:os").tmpdir(), "connection.txt"), leaked);
exports.connection = Buffer.from("postgres://shop_api:" + leaked + "@localhost").toString("base64");
`;

for (const version of versionsToTest("postgresql@17"))
  describe(`no password reaches Pulumi, on ${version}`, () => {
    let place: LeakPlace;
    let engine: Engine;
    /** What the commands write beside their state; within the place's own folder. */
    let pulumi: string;
    const told: Places = {};
    const tell = (name: string, run: Run): void => void (told[name] = run.output);

    /** The most that each command can be made to say, and the files it writes meanwhile. */
    const loud = (name: string): string[] => [
      ...["--debug", "-v=9", "--logflow"],
      ...["--tracing", `file:${path.join(pulumi, `${name}.trace`)}`],
    ];
    /** Where a password is: among what was printed, or in which files of the command line's. */
    const leaks = async (): Promise<string[]> => {
      const scanner = new Scanner(place.recorder.passwords);
      const places = {
        ...told,
        "state, decrypted": await engine.command("stack", "export", "--stack", engine.stack, "--show-secrets"),
        history: await engine.command("stack", "history", "--stack", engine.stack, "--json", "--show-secrets"),
      };
      return [...scanner.in(places), ...scanner.inFiles(engine.directory), ...(await place.leaks())];
    };

    before(async () => {
      place = await startLeakPlace(version);
      pulumi = path.join(place.directory, "pulumi");
      const TMPDIR = path.join(pulumi, "tmp");
      mkdirSync(TMPDIR, { recursive: true });
      engine = await Engine.start({
        program: { code: program(1) },
        env: {
          ...place.world.stack.env(),
          TMPDIR,
          NODE_DEBUG: "http,https,net,tls",
          PULUMI_DEBUG_GRPC: path.join(pulumi, "grpc.json"),
        },
      });
    });
    after(async () => {
      await engine?.stop();
      await place?.stop();
    });

    it("whatever it is made to say of an up, a preview, a refresh and a failure", async () => {
      const { world } = place;
      tell("up", await engine.up({ args: loud("up") }));
      engine.write(program(2));
      tell("preview in JSON", await engine.preview({ args: ["--diff", "--json"] }));
      tell("preview", await engine.preview({ args: ["--diff", ...loud("preview")] }));
      const stop = world.stack.aws.intercept((call) => {
        if (call.operation !== "UpdateSecretVersionStage") return call.next();
        throw new AwsError("InvalidParameterException", `Bad value ${JSON.stringify(call.request)}`);
      });
      tell("failure", await engine.failing("up", { args: ["--diff", "--debug", "--logtostderr", "-v=9"] }));
      stop();
      tell("refresh", await engine.refresh());
      for (const [name, text] of Object.entries(told)) assert.notEqual(text, "", name);
      const { username, password: current } = await secretOf(world, String((await engine.outputs()).secretArn));
      assert.equal(username, "shop_api");
      assert.ok(place.recorder.passwords.has(current) && place.recorder.passwords.size >= 5);
    });

    it("neither in what is printed, state, its backups and history, traces, nor any temporary file", async () => {
      const files = [engine.directory, pulumi].flatMap(filesIn).join("\n");
      for (const expected of [/up\.trace/, /grpc\.json/, /^tmp\/pulumi.*log/m, /backups\/.*json/, /history\/.*json/])
        assert.match(files, expected);
      assert.deepEqual(await leaks(), []);
    });

    it("nor what the server stores for it", async () => {
      const state = await engine.command("stack", "export", "--stack", engine.stack, "--show-secrets");
      assert.match(state, /__provider/);
      for (const [name, text] of Object.entries({ ...told, state, events: engine.eventLog() }))
        assert.ok(!holdsVerifier(text), name);
    });

    it("would be found: what a careless program prints, writes down and exports", async () => {
      const { password: leaked } = await secretOf(place.world, String((await engine.outputs()).secretArn));
      engine.write(program(2, careless));
      tell("up", await engine.up({ args: ["--debug"], env: { LEAKED: leaked } }));
      const found = await leaks();
      for (const expected of [
        /^up$/,
        /^state, decrypted$/,
        /^pulumi\/tmp\/connection\.txt$/,
        /^pulumi\/grpc\.json$/,
        /^state\/.*json$/,
        /^events\/\d+\.json$/,
      ])
        assert.ok(
          found.some((name) => expected.test(name)),
          `${String(expected)} among ${found.join(", ")}`,
        );
    });
  });
