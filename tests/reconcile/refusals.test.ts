import assert from "node:assert/strict";
import type { Claim, GrantClaim, LoginClaim } from "../../provisioner/protocol";
import { protocolRange } from "../../provisioner/protocol";
import { refused, unchangedBy } from "../support/refusal";
import { versionsToTest } from "../support/versions";
import {
  apply,
  ask,
  attempt,
  byHand,
  changeWords,
  changingStatements,
  invokeRaw,
  logMark,
  requestOf,
  secretOf,
  startWorld,
  type World,
} from "../support/world";

const ownerRole: Claim = { kind: "role", name: "shop_owner", deletion: "drop" };
const database: Claim = { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" };
const login = (name: string, more: Partial<LoginClaim> = {}): LoginClaim => ({
  kind: "login",
  name,
  auth: { kind: "password", secret: { name: `orders/${name}` } },
  deletion: "drop",
  ...more,
});

for (const version of versionsToTest("postgresql@17", "mysql@8.0")) {
  describe(`bad input on ${version}`, () => {
    let world: World;
    const postgresql = version.startsWith("postgresql");
    const schema = postgresql ? { schema: "public" } : {};
    const grant = (on: GrantClaim["on"], privileges = ["SELECT"], grantee = "reader"): GrantClaim => ({
      kind: "grant",
      grantee,
      on,
      privileges: on.kind === "role" ? undefined : privileges,
      mode: "additive",
    });
    const tables = (names: "*" | string[], inDatabase = "shop"): GrantClaim["on"] => ({
      kind: "tables",
      database: inDatabase,
      ...schema,
      tables: names,
    });
    const createByHand = (name: string): Promise<unknown> =>
      byHand(
        world,
        undefined,
        postgresql
          ? `CREATE ROLE ${name} LOGIN PASSWORD 'by hand'; GRANT ${name} TO ${world.server.admin.user} WITH ADMIN OPTION`
          : `CREATE USER '${name}'@'%' IDENTIFIED BY 'by hand'`,
      );
    const secret = (name: string, more: Partial<Record<"Tags", unknown>> = {}) =>
      world.stack.aws.direct("secretsmanager", "CreateSecret", { Name: name, SecretString: "{}", ...more });

    before(async () => {
      world = await startWorld(version);
      await apply(world, { claim: ownerRole }, { claim: database }, { claim: login("reader") });
    });
    after(() => world.stop());

    it("would notice a change: one that is made is seen in the log", async () => {
      const mark = logMark(world);
      await apply(world, { claim: login("noticed") });
      assert.ok(changingStatements(world, mark).some((statement) => /^CREATE (USER|ROLE)/.test(statement)));
      assert.ok(changingStatements(world, mark).some((statement) => /^(INSERT|REPLACE) INTO/.test(statement)));
      await assert.rejects(unchangedBy(world, () => apply(world, { claim: login("noticed"), action: "remove" })));
    });

    it("an existing user without adopt, however equal", async () => {
      await createByHand("stranger");
      await refused(
        world,
        { claim: login("stranger") },
        { code: "UserExists", property: "username", says: [/stranger/, /adopt: true/, /resets its password/] },
      );
      const claim: Claim = { kind: "role", name: "stranger", deletion: "drop" };
      await refused(world, { claim }, { code: "RoleExists", property: "name", says: [/stranger/, /adopt: true/] });
    });

    it("a name that another owner claims", async () => {
      for (const claim of [login("reader", { adopt: true }), ownerRole, database])
        await refused(
          world,
          { claim, owner: "other" },
          { code: "OwnedElsewhere", says: [/managed by test/, /ownerKey/] },
        );
    });

    it("removal by another owner", async () => {
      for (const claim of [login("reader"), ownerRole, database])
        await refused(
          world,
          { claim, owner: "other", action: "remove" },
          { code: "NotOurs", says: [/claimed by test, not by other/, /nothing was changed/] },
        );
    });

    it("a secret's name that is taken, also by a secret on its way out", async () => {
      const { ARN } = await secret("orders/taken");
      const expected = { code: "SecretNameTaken", property: "auth.secret.name" } as const;
      await refused(world, { claim: login("taken") }, { ...expected, says: [/orders\/taken/, /choose another/] });
      await world.stack.aws.direct("secretsmanager", "DeleteSecret", { SecretId: ARN, RecoveryWindowInDays: 7 });
      await refused(
        world,
        { claim: login("taken") },
        { ...expected, says: [/orders\/taken/, /scheduled for deletion/, /wait for its end, or choose another/] },
      );
      // Nothing of it stands in anybody's way afterwards.
      const auth: LoginClaim["auth"] = { kind: "password", secret: { name: "orders/free", recoveryDays: 0 } };
      await apply(world, { claim: login("taken", { auth }), owner: "other" });
    });

    it("a secret outside the allowed prefixes", () =>
      refused(
        world,
        { claim: login("outside", { auth: { kind: "password", secret: { name: "prod/outside" } } }) },
        { code: "SecretNameRefused", property: "auth.secret.name", says: [/"prod\/outside"/, /rds-, orders\//] },
      ));

    it("a default secret name that Secrets Manager cannot have", () =>
      refused(
        world,
        { claim: login("jo doe", { auth: { kind: "password" } }) },
        { code: "SecretNameRefused", property: "auth.secret.name", says: [/jo doe/, /set auth\.secret\.name/] },
      ));

    it("what does not exist, by its name", async () => {
      const missing = async (claim: Claim, name: RegExp): Promise<void> =>
        refused(world, { claim }, { code: "ObjectMissing", says: [name, /create it first/] });
      await missing(grant(tables("*", "nowhere")), /^nowhere /);
      await missing(grant({ kind: "database", database: "nowhere" }, [postgresql ? "CONNECT" : "SELECT"]), /^nowhere /);
      await missing(grant(tables(["ghost"])), postgresql ? /^public\.ghost / : /^shop\.ghost /);
      await missing(grant({ kind: "role", role: "no_role" }), /^no_role /);
      await missing(grant(tables("*"), ["SELECT"], "nobody"), /^nobody /);
      await missing({ kind: "database", name: "fresh", owner: "no_role", deletion: "drop" }, /^no_role /);
      if (!postgresql) return;
      await missing(grant({ kind: "schema", database: "shop", schema: "ghost" }, ["USAGE"]), /^shop\.ghost /);
      await missing({ kind: "schema", database: "nowhere", name: "app", deletion: "drop" }, /^nowhere /);
      const on = { ...tables("*"), future: { createdBy: ["no_role"] } } as GrantClaim["on"];
      await missing(grant(on), /^no_role /);
    });

    it("an unknown privilege", () =>
      refused(
        world,
        { claim: grant(tables("*"), ["SELECT", "SELCT"]) },
        { code: "UnknownPrivilege", property: "privileges[1]", says: [/SELCT/, /use one of .*SELECT/] },
      ));

    it("the provisioner's own login, the server's own names and the ledger's", async () => {
      const admin = world.server.admin.user;
      const own = { code: "ReservedName", says: [new RegExp(admin), /choose another name/] } as const;
      await refused(
        world,
        { claim: login(admin, { adopt: true }) },
        { ...own, says: [...own.says], property: "username" },
      );
      const role: Claim = { kind: "role", name: admin, deletion: "drop", adopt: true };
      await refused(world, { claim: role }, { ...own, says: [...own.says], property: "name" });
      const reserved = (claim: Claim, property: string, name: RegExp): Promise<void> =>
        refused(world, { claim }, { code: "ReservedName", property, says: [name, /choose another|never granted on/] });
      await reserved(login("rdsadmin"), "username", /rdsadmin/);
      await reserved(
        { kind: "role", name: postgresql ? "pg_monitor" : "mysql.sys", deletion: "drop" },
        "name",
        /pg_monitor|mysql\.sys/,
      );
      await reserved({ kind: "database", name: "db_access", deletion: "drop" }, "name", /db_access/);
      if (postgresql) {
        await reserved(
          { kind: "schema", database: "postgres", name: "db_access", deletion: "drop" },
          "name",
          /db_access/,
        );
        await reserved(
          grant({ kind: "schema", database: "postgres", schema: "db_access" }, ["USAGE"]),
          "on.schema",
          /db_access/,
        );
        await reserved({ kind: "database", name: "postgres", deletion: "drop" }, "name", /postgres/);
      } else await reserved(grant(tables("*", "db_access")), "on.database", /db_access/);
    });

    it("an argument that the engine does not have", () =>
      postgresql
        ? refused(
            world,
            { claim: login("late", { passwordExpires: 30 }) },
            { code: "NotSupported", property: "passwordExpires", says: [/validUntil/] },
          )
        : refused(
            world,
            { claim: login("late", { validUntil: "2030-01-01T00:00:00Z" }) },
            { code: "NotSupported", property: "validUntil", says: [/passwordExpires/] },
          ));

    if (postgresql)
      it("an owner that is an IAM login", async () => {
        await apply(world, { claim: login("cloud", { auth: { kind: "iam" } }) });
        const expected = { code: "OwnerIsIamUser", property: "owner", says: [/cloud/, /Use a DbRole/] } as const;
        for (const claim of [
          { kind: "database", name: "fresh", owner: "cloud", deletion: "drop" },
          { kind: "schema", database: "shop", name: "fresh", owner: "cloud", deletion: "drop" },
        ] as Claim[])
          await refused(world, { claim }, { ...expected, says: [...expected.says] });
      });
    else
      it("an IAM login without the plugin", () =>
        refused(
          world,
          { claim: login("cloud", { auth: { kind: "iam" } }) },
          { code: "IamUnavailable", property: "auth.kind", says: [/AWS authentication plugin/, /Enable IAM/] },
        ));

    it("a request for another cluster, of another protocol, malformed, or too large", async () => {
      const request = requestOf(world, "apply", [{ claim: login("never") }]);
      const refuse = (payload: unknown) => unchangedBy(world, () => invokeRaw(world, payload));
      const elsewhere = await refuse({ ...request, cluster: "billing" });
      assert.equal(elsewhere.error?.code, "WrongCluster");
      assert.match(elsewhere.error?.message ?? "", /serves orders, not billing/);
      for (const functionName of [world.target.ref.functions.migrate, world.target.rotateFunctionName]) {
        const other = { ...world, target: { ...world.target, functionName } };
        const reply = await unchangedBy(world, () => invokeRaw(other, request));
        assert.equal(reply.error?.code, "WrongFunction");
        assert.match(reply.error?.message ?? "", /takes no claims; invoke its access function/);
      }
      const { min, max } = protocolRange;
      for (const [protocols, side] of [
        [{ min: max + 1, max: max + 2 }, /Upgrade the provisioner's stack/],
        [{ min: min - 2, max: min - 1 }, /Upgrade pulumi-db-access in this program/],
      ] as const) {
        // What a newer protocol looks like beyond its range is unknown here.
        const reply = await refuse({ protocols, somethingNew: true });
        assert.equal(reply.error?.code, "ProtocolMismatch");
        assert.match(reply.error?.message ?? "", side);
        assert.deepEqual(reply.protocols, protocolRange);
      }
      for (const malformed of [{}, [], "text", null, { ...request, claims: [] }, { ...request, extra: 1 }]) {
        const reply = await refuse(malformed);
        assert.equal(reply.error?.code, "InvalidInput", JSON.stringify(malformed));
      }
      const many = requestOf(
        world,
        "apply",
        Array.from({ length: 65 }, (_, at) => ({ claim: login(`never${at}`) })),
      );
      const large = await refuse(many);
      assert.equal(large.error?.code, "InvalidInput");
      assert.match(large.error?.message ?? "", /65 claims.*64/);
    });

    it("adopts when asked: the password is reset, the old one refused, and it says so", async () => {
      const by = { user: "stranger", password: "by hand" };
      assert.equal(await attempt(world, by, undefined, "SELECT 1"), "ok");
      const claim = login("stranger", { adopt: true });
      const [planned] = await ask(world, "plan", [{ claim }]);
      assert.match(changeWords(planned).join(), /reset the password/);
      const [result] = await apply(world, { claim });
      assert.match(result.warnings.join(), /stranger existed before.*password is reset/);
      assert.notEqual(await attempt(world, by, undefined, "SELECT 1"), "ok");
      const { password } = await secretOf(world, result.outputs?.secretArn ?? "");
      assert.equal(await attempt(world, { ...by, password }, undefined, "SELECT 1"), "ok");
      assert.equal((await apply(world, { claim }))[0].status, "unchanged");
      const later = { ...claim, adopt: undefined };
      assert.equal((await apply(world, { claim: later }))[0].status, "unchanged", "it is over once it is done");
    });

    it("hands everything over to another owner, and writes only the ledger for it", async () => {
      const claims: Claim[] = [ownerRole, database, login("reader"), grant(tables("*"))];
      await apply(world, { claim: claims[3] });
      const mark = logMark(world);
      for (const claim of claims) {
        const [result] = await apply(world, { claim, owner: "moved", previousOwner: "test" });
        assert.equal(result.status, "done");
        assert.match(changeWords(result).join(), /hand .* over from test/);
      }
      const changes = changingStatements(world, mark);
      // One more for the login: its intent, because the tag of its secret follows the owner.
      assert.equal(changes.length, claims.length + 1);
      for (const change of changes) assert.match(change, /^(INSERT|REPLACE) INTO db_access\.claims/);
      for (const claim of claims.slice(0, 3))
        await refused(world, { claim }, { code: "OwnedElsewhere", says: [/managed by moved/] });
      const again = await apply(world, ...claims.map((claim) => ({ claim, owner: "moved", previousOwner: "test" })));
      assert.deepEqual(
        again.map((result) => result.status),
        claims.map(() => "unchanged"),
      );
    });
  });
}

const [force, old] = versionsToTest("postgresql@17", "postgresql@16");

describe("bad input that depends on the server's settings and version", () => {
  it("requireTls on a PostgreSQL that does not force TLS; accepted where it does", async () => {
    const claim = login("strict", { requireTls: true });
    const lax = await startWorld(force, { settings: { "rds.force_ssl": "0" } });
    try {
      await refused(
        lax,
        { claim },
        {
          code: "NotSupported",
          property: "requireTls",
          says: [/requireTls is true/, /rds\.force_ssl to 1/, /remove requireTls/],
        },
      );
    } finally {
      await lax.stop();
    }
  });

  it("a privilege that came with a later version", async () => {
    const world = await startWorld(old);
    try {
      const on: GrantClaim["on"] = { kind: "tables", database: "postgres", schema: "public", tables: "*" };
      const claim: Claim = { kind: "grant", grantee: "any", on, privileges: ["MAINTAIN"], mode: "additive" };
      await refused(
        world,
        { claim },
        { code: "UnknownPrivilege", property: "privileges[0]", says: [/MAINTAIN/, /PostgreSQL 17/, /Remove it/] },
      );
      assert.equal((await apply(world, { claim: login("strict", { requireTls: true }) }))[0].status, "done");
    } finally {
      await world.stop();
    }
  });
});
