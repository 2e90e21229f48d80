import fc from "fast-check";
import assert from "node:assert/strict";
import type { ActionAnswer } from "../../provisioner/doors/action";
import type { DatabaseCreatedAnswer } from "../../provisioner/doors/database-created/answer";
import { dbAccess } from "../automation/support";
import { auditLines, functionLog } from "../support/leaks";
import "../support/seed";
import { versionsToTest } from "../support/versions";
import { apply, attempt, byHand, startWorld, type World } from "../support/world";
import { act, answered, loginOf, refused, send } from "./place";

const denied = "42501";

/** The front doors besides Pulumi, on PostgreSQL, through the built bundle. */
for (const version of versionsToTest("postgresql@17"))
  describe(`front doors on ${version}`, function () {
    this.timeout(120_000);
    let world: World;
    before(async () => {
      world = await startWorld(version, {
        functionEnv: { DB_ACCESS_ROSTER_PARAMETER: "/databases/users" },
        role: { directory: { identityStoreId: "d-*" } },
      });
      await byHand(world, undefined, `CREATE DATABASE shop OWNER ${world.server.admin.user}`);
      await byHand(
        world,
        "shop",
        `SET ROLE ${world.server.admin.user};
       CREATE TABLE public.orders (id int); INSERT INTO public.orders VALUES (1);
       CREATE SCHEMA depot; CREATE TABLE depot.parts (id int);`,
      );
    });
    after(() => world.stop());

    it("creates a user at a level, moves it down, resets its password and deletes it", async () => {
      const create = { action: "create_user", username: "ada", database: "shop", level: "readwrite" };
      const made = await act(world, { ...create, cluster: "orders", requestedBy: "ticket/7", hosts: [], schema: "" });
      assert.deepEqual([made.status, made.username, made.cluster], ["done", "ada", "orders"]);
      assert.match(made.secretArn ?? "", /:secret:rds-shop-ada-secret-/);
      const first = await loginOf(world, made);
      const tries = async (login: typeof first): Promise<string[]> => [
        await attempt(world, login, "shop", "SELECT * FROM public.orders"),
        await attempt(world, login, "shop", "INSERT INTO public.orders VALUES (2)"),
        await attempt(world, login, "shop", "CREATE TABLE public.ours (id int)"),
        await attempt(world, login, "shop", "SELECT * FROM depot.parts"),
      ];
      assert.deepEqual(await tries(first), ["ok", "ok", denied, denied]);

      const again = await act(world, create);
      assert.deepEqual([again.status, again.changes, again.secretVersionId], ["unchanged", [], made.secretVersionId]);

      const secret = await world.stack.aws.direct("secretsmanager", "DescribeSecret", { SecretId: made.secretArn });
      const tags = Object.fromEntries(
        (secret.Tags as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]),
      );
      assert.equal(tags.create_by_user_automation, "true");
      assert.ok(Number.isFinite(Date.parse(tags.creation_timestamp)));
      assert.match(String(secret.Description), /^Login ada of orders/);

      const { user: admin } = world.server.admin;
      const later = (table: string): Promise<unknown> =>
        byHand(world, "shop", `SET ROLE ${admin}; CREATE TABLE public.${table} (id int)`);
      await act(world, {
        action: "update_grant",
        username: "ada",
        database: "shop",
        level: "readwrite",
        createdBy: [admin],
      });
      await later("later");
      assert.equal(await attempt(world, first, "shop", "INSERT INTO public.later VALUES (1)"), "ok");
      await act(world, { action: "update_grant", username: "ada", database: "shop", schema: "depot", level: "admin" });
      assert.equal(await attempt(world, first, "shop", "TRUNCATE depot.parts; CREATE TABLE depot.ours (id int)"), "ok");
      await byHand(world, "shop", "DROP TABLE depot.ours; GRANT UPDATE ON public.orders TO ada");
      const down = await act(world, { action: "update_grant", username: "ada", level: "readonly" });
      assert.equal(down.status, "done");
      assert.deepEqual(await tries(first), ["ok", denied, denied, "ok"]);
      assert.equal(await attempt(world, first, "shop", "UPDATE public.orders SET id = 3"), denied);
      await later("latest");
      assert.equal(await attempt(world, first, "shop", "SELECT * FROM public.latest"), "ok");
      assert.equal(await attempt(world, first, "shop", "INSERT INTO public.latest VALUES (1)"), denied);
      assert.equal(await attempt(world, first, "shop", "TRUNCATE depot.parts"), denied);
      assert.equal(
        (await act(world, { action: "update_grant", username: "ada", level: "readonly" })).status,
        "unchanged",
      );

      const reset = await act(world, { action: "reset_password", username: "ada" });
      assert.ok(Date.parse(reset.passwordLastChanged ?? "") > Date.parse(made.passwordLastChanged ?? ""));
      assert.equal(reset.passwordLastChangedSource, "ledger");
      assert.equal(JSON.stringify(reset).includes(first.password), false);
      assert.equal(await attempt(world, first, "shop", "SELECT 1"), "28P01");
      const second = await loginOf(world, reset);
      assert.equal(await attempt(world, second, "shop", "SELECT 1"), "ok");

      const gone = await act(world, { action: "delete_user", username: "ada", level: "", auth: null });
      assert.equal(gone.status, "done");
      const deleted = await world.stack.aws.direct("secretsmanager", "DescribeSecret", { SecretId: made.secretArn });
      assert.ok(deleted.DeletedDate !== undefined);
      assert.equal(await attempt(world, second, "shop", "SELECT 1"), "28P01");
      assert.deepEqual(
        await act(world, { action: "delete_user", username: "ada" }).then(({ status }) => status),
        "unchanged",
      );
      assert.deepEqual(
        await byHand(world, undefined, "SELECT id FROM db_access.claims WHERE owner = 'action/ada'"),
        [],
      );
    });

    it("foresees what cannot be done, and changes nothing", async () => {
      const mark = functionLog(world).length;
      const create = { action: "create_user", username: "bob", database: "nowhere", level: "readonly" };
      assert.match(await refused(world, create), /^ObjectMissing: .*nowhere does not exist.* Nothing was changed\.$/);
      assert.match(await refused(world, { ...create, database: "shop", hosts: ["%"] }), /^NotSupported: .*hosts/);
      assert.match(
        await refused(world, { ...create, level: "owner" }),
        /^InvalidInput: .* level must be one of readonly, readwrite, admin\./,
      );
      assert.match(
        await refused(world, { ...create, level: undefined }),
        /^InvalidInput: .*names a database and no level/,
      );
      assert.match(await refused(world, { ...create, cluster: "billing" }), /^WrongCluster: /);
      assert.match(await refused(world, { action: "drop_user" }), /^InvalidInput: .*one of create_user, update_grant/);
      assert.match(
        await refused(world, { action: "create_user" }),
        /^InvalidInput: The create_user event is not in order: username is missing\./,
      );
      assert.match(
        await refused(world, { action: "update_grant", username: "bob", level: "admin" }),
        /^ObjectMissing: No user bob/,
      );
      assert.match(await refused(world, { action: "reset_password", username: "bob" }), /^ObjectMissing: /);
      const named = await refused(world, { action: "delete_user", username: "bob", passwort: "hunter2" });
      assert.match(named, /^InvalidInput: .* passwort is nothing that the event may have/);
      assert.match(
        await refused(world, { source: "aws.s3", "detail-type": "Object Created", detail: {} }),
        /^InvalidInput: /,
      );
      assert.match(
        await refused(world, create, world.target.rotateFunctionName),
        /^WrongFunction: .*takes no actions; invoke its access/,
      );
      assert.match(await refused(world, create, world.target.migrateFunctionName), /^WrongFunction: /);
      const lines = auditLines(world, mark);
      assert.deepEqual(new Set(lines.map(({ outcome }) => outcome)), new Set(["refused"]));
      assert.ok(lines.length >= 11, String(lines.length));
      assert.equal(functionLog(world).includes("hunter2"), false);
      assert.deepEqual(await byHand(world, undefined, "SELECT 1 FROM pg_roles WHERE rolname = 'bob'"), []);
    });

    it("leaves to others what is theirs", async () => {
      const pulumi = {
        owner: "shop/prod",
        claim: { kind: "login", name: "api", auth: { kind: "password" }, deletion: "drop" },
      } as const;
      const [{ outputs }] = await apply(world, pulumi);
      const old = await loginOf(world, { secretArn: outputs?.secretArn });
      for (const event of [
        { action: "create_user", username: "api" },
        { action: "update_grant", username: "api", level: "admin", database: "shop" },
        { action: "delete_user", username: "api" },
      ])
        assert.match(await refused(world, event), /^OwnedElsewhere: api is managed by shop\/prod and not by actions/);
      await byHand(world, undefined, "CREATE ROLE byhand LOGIN");
      assert.match(await refused(world, { action: "delete_user", username: "byhand" }), /^NotOurs: /);
      assert.match(await refused(world, { action: "create_user", username: "byhand" }), /^UserExists: /);
      const mark = functionLog(world).length;
      const reset = await act(world, { action: "reset_password", username: "api", requestedBy: "oncall" });
      assert.equal(await attempt(world, old, "postgres", "SELECT 1"), "28P01");
      assert.equal(await attempt(world, await loginOf(world, reset), "postgres", "SELECT 1"), "ok");
      assert.deepEqual(
        auditLines(world, mark).map(({ owner, by }) => [owner, by]),
        [["shop/prod", "oncall"]],
      );
      assert.equal((await apply(world, pulumi))[0].status, "unchanged");
    });

    it("answers db-access invoke", async () => {
      const parameter = ["--parameter", world.target.ref.discovery.parameter, "--json"];
      const user = ["--username", "carol", "--database", "shop", "--level", "readonly"];
      const made = await dbAccess(["invoke", "create_user", ...user, ...parameter], world.stack.env());
      assert.deepEqual([made.status, made.stderr], [0, ""]);
      const login = await loginOf(world, JSON.parse(made.stdout) as ActionAnswer);
      assert.equal(await attempt(world, login, "shop", "SELECT * FROM public.orders"), "ok");
      const failed = await dbAccess(
        ["invoke", "update_grant", ...user, "--schema", "none", ...parameter],
        world.stack.env(),
      );
      assert.deepEqual([failed.status, failed.stderr.startsWith("ObjectMissing: ")], [1, true]);
    });

    it("is not moved by anything that is no event", async () => {
      const everything = (): Promise<Record<string, unknown>[]> =>
        byHand(world, undefined, "SELECT rolname FROM pg_roles UNION SELECT nspname FROM pg_namespace ORDER BY 1");
      const before = await everything();
      const odd = [
        null,
        [],
        "x",
        { action: null },
        { event: "database_created" },
        { source: "aws.ssm", "detail-type": [] },
      ];
      for (const event of [...odd, ...fc.sample(fc.jsonValue({ maxDepth: 3 }), 20)]) {
        const { answer, error } = await send(world, event);
        const code = error ?? (answer as { error?: { code: string } }).error?.code;
        assert.match(String(code), /^InvalidInput/, JSON.stringify(event));
      }
      assert.deepEqual(await everything(), before);
    });

    it("creates a user that logs in with IAM", async () => {
      const made = await act(world, {
        action: "create_user",
        username: "iam_user",
        auth: "iam",
        database: "shop",
        level: "readonly",
      });
      assert.equal(made.secretArn, undefined);
      assert.match(made.iamConnectArn ?? "", /:dbuser:cluster-[A-Z0-9]+\/iam_user$/);
      const [member] = await byHand(world, undefined, "SELECT pg_has_role('iam_user', 'rds_iam', 'member') AS iam");
      assert.equal(member.iam, true);
    });

    describe("a new database", () => {
      const event = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
        database_type: "aurora-postgresql",
        database_name: "shop",
        endpoint: `${world.server.host}:${world.server.port}`,
        account: world.target.ref.account,
        environment: "prod",
        project: "web",
        application_name: "checkout-api",
        ...more,
      });

      it("has a user for its application and its parameters, once and for all", async () => {
        const made = await answered<DatabaseCreatedAnswer>(world, event());
        assert.match(made.username, /^app_checkout_api_shop_[0-9a-f]{8}$/);
        assert.deepEqual(Object.keys(made.parameter_names).sort(), [
          "database",
          "host",
          "port",
          "secret_arn",
          "username",
        ]);
        assert.equal(made.parameter_names.username, "/orders/prod/web/checkout-api/shop/username");
        const login = await loginOf(world, { secretArn: made.secret_arn });
        assert.equal(login.user, made.username);
        assert.equal(await attempt(world, login, "shop", "INSERT INTO public.orders VALUES (9)"), "ok");
        assert.equal(await attempt(world, login, "shop", "CREATE TABLE public.mine (id int)"), denied);
        const again = await answered<DatabaseCreatedAnswer>(world, event({ endpoint: world.server.host, groups: [] }));
        assert.deepEqual(again, { ...made, request_id: again.request_id, status: "unchanged", changes: [] });
        const stored = await world.stack.aws.direct("ssm", "GetParameters", {
          Names: Object.values(made.parameter_names),
        });
        assert.equal((stored.Parameters as unknown[]).length, 5);

        const ended = await answered<DatabaseCreatedAnswer>(world, event({ tf: { action: "delete", prev_input: {} } }));
        assert.deepEqual([ended.status, ended.parameter_names], ["done", {}]);
        assert.equal(await attempt(world, login, "shop", "SELECT 1"), "28P01");
      });

      it("lets the people of its groups read, until they have left the last of them", async () => {
        const { aws, lambda, region } = world.stack;
        const store = aws.identityStores.create({ account: world.target.ref.account, region });
        aws.identityStores.group(store, "web", ["grace", "Alan@example.org"]);
        const { spec } = lambda.get(world.target.functionName);
        const directory = { kind: "identityCenter", identityStoreId: store.id };
        await lambda.updateFunction(spec.name, {
          env: { ...spec.env, DB_ACCESS_DIRECTORY: JSON.stringify(directory) },
        });
        const as = (name: string, sql: string): Promise<string> =>
          attempt(world, world.server.superuser, "shop", `SET ROLE "${name}"; ${sql}`);
        const tries = async (name: string): Promise<string[]> => [
          await as(name, "SELECT * FROM public.orders"),
          await as(name, "SELECT * FROM depot.parts"),
          await as(name, "INSERT INTO public.orders VALUES (1)"),
        ];
        const web = event({ groups: ["web"] });
        const depot = event({ groups: ["web"], application_name: "depot", schema: "depot" });
        const made = await answered<DatabaseCreatedAnswer>(world, web);
        assert.deepEqual(made.users.map(({ username }) => username).sort(), ["alan", "grace"]);
        assert.deepEqual(await tries("grace"), ["ok", denied, denied]);
        await answered(world, depot);
        assert.deepEqual(await tries("alan"), ["ok", "ok", denied]);
        const [iam] = await byHand(world, undefined, "SELECT pg_has_role('alan', 'rds_iam', 'member') AS member");
        assert.equal(iam.member, true);
        assert.equal((await answered<DatabaseCreatedAnswer>(world, web)).status, "unchanged");

        store.groups[0].members.shift();
        const left = await answered<DatabaseCreatedAnswer>(world, web);
        assert.deepEqual([left.removed_users, left.users.map(({ username }) => username)], [["grace"], ["alan"]]);
        assert.deepEqual(await tries("grace"), [denied, "ok", denied]);
        await answered(world, depot);
        assert.deepEqual(await byHand(world, undefined, "SELECT 1 FROM pg_roles WHERE rolname = 'grace'"), []);

        await byHand(world, undefined, "CREATE ROLE taken LOGIN");
        aws.identityStores.group(store, "more", ["taken", "joan"]);
        const mixed = event({ groups: ["more"], application_name: "mixed" });
        assert.match(
          await refused(world, mixed),
          /^UserExists: taken already exists.* Done all the same: create login joan/,
        );
        assert.deepEqual(await tries("joan"), ["ok", denied, denied]);
        const mark = functionLog(world).length;
        for (const [groups, code] of [
          [["nobody-knows"], "GroupMissing"],
          [["web", "empty"], "GroupEmpty"],
        ] as const) {
          aws.identityStores.group(store, "empty", []);
          assert.match(await refused(world, event({ groups })), new RegExp(`^${code}: .*Nothing was changed`));
        }
        assert.deepEqual(new Set(auditLines(world, mark).map(({ outcome }) => outcome)), new Set(["refused"]));
        for (const application of ["checkout-api", "depot", "mixed"])
          await answered(world, event({ application_name: application, tf: { action: "delete" } }));
        const people =
          "SELECT rolname FROM pg_roles WHERE rolname IN ('alan', 'grace', 'joan') OR rolname LIKE 'app\\_%'";
        assert.deepEqual(await byHand(world, undefined, people), []);
        await lambda.updateFunction(spec.name, { env: spec.env });
      });

      it("that is not this one, or that comes with a password, is refused", async () => {
        const mark = functionLog(world).length;
        const cases: [Record<string, unknown>, RegExp][] = [
          [{ endpoint: "other.example.org" }, /^WrongCluster: The endpoint of the event is not the one/],
          [{ endpoint: `${world.server.host}:1` }, /^WrongCluster: /],
          [{ account: "999999999999" }, /^WrongCluster: The account/],
          [{ database_type: "mysql" }, /^WrongCluster: The type/],
          [{ master_password: "hunter2" }, /^InvalidInput: The event has a password\. /],
          [{ database: { masterUserPassword: "hunter2" } }, /^InvalidInput: The event has a password in database\. /],
          [
            { tf: { action: "update", prev_input: { PWD: "hunter2" } } },
            /^InvalidInput: The event has a password in tf\.prev_input\. /,
          ],
          [{ endpoint: undefined }, /^InvalidInput: .*endpoint is missing/],
          [{ level: "admin" }, /^InvalidInput: .*level must be one of readonly, readwrite/],
          [{ application_name: "../x" }, /^InvalidInput: .*application_name has another form/],
          [{ groups: ["analysts"] }, /^NotSupported: This provisioner reads no directory/],
          [{ database_name: "nowhere" }, /^ObjectMissing: .*Nothing was changed/],
        ];
        for (const [more, message] of cases) assert.match(await refused(world, event(more)), message);
        assert.equal(functionLog(world).includes("hunter2"), false);
        assert.deepEqual(new Set(auditLines(world, mark).map(({ outcome }) => outcome)), new Set(["refused"]));
        assert.deepEqual(await byHand(world, undefined, "SELECT 1 FROM pg_roles WHERE rolname LIKE 'app\\_%'"), []);
      });
    });

    it("answers a change of the roster with a plan, and refuses other parameters", async () => {
      const event = (detail: Record<string, unknown>, more: Record<string, unknown> = {}): Record<string, unknown> => ({
        version: "0",
        id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "Parameter Store Change",
        source: "aws.ssm",
        account: world.target.ref.account,
        time: "2026-05-22T16:43:48Z",
        region: world.stack.region,
        resources: [`arn:aws:ssm:${world.stack.region}:${world.target.ref.account}:parameter/databases/users`],
        detail: { operation: "Update", name: "/databases/users", type: "String", description: "Everybody", ...detail },
        ...more,
      });
      const mark = functionLog(world).length;
      for (const operation of ["Create", "Update", "Delete", "LabelParameterVersion"]) {
        const { answer } = await send(world, event({ operation }));
        const { status, changes, message } = answer as { status: string; changes: string[]; message: string };
        assert.deepEqual([status, changes], ["planned", []]);
        assert.match(message, /nothing was changed/);
      }
      assert.deepEqual(
        auditLines(world, mark).map(({ outcome }) => outcome),
        Array(4).fill("planned"),
      );
      assert.match(
        await refused(world, event({ name: "/databases/users2" })),
        /^InvalidInput: The parameter of the event/,
      );
      assert.match(
        await refused(world, event({ operation: "Rename" })),
        /^InvalidInput: .*detail\.operation must be one of/,
      );
      assert.match(await refused(world, event({}, { account: "999999999999" })), /^WrongCluster: /);
      assert.match(await refused(world, event({}), world.target.rotateFunctionName), /^WrongFunction: /);
    });
  });
