import { CreateSecretCommand, TagResourceCommand } from "@aws-sdk/client-secrets-manager";
import { DeleteParameterCommand, ListTagsForResourceCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { PRINCIPAL_TAG, SUPPLIES_TAG } from "../../provisioner/access/secret-text";
import { members } from "../../provisioner/directory";
import { connectToken } from "../../provisioner/credentials/admin-token";
import { FORMER_TAG } from "../../provisioner/credentials/ownership";
import { textsOf } from "../../provisioner/migrations/files";
import { hashOf } from "../../provisioner/migrations/text";
import { migrationsKeyOf, type LoginClaim } from "../../provisioner/protocol";
import { directory, keyArn, login, place as where, roles, type Place } from "./place";

const full = (passwordVersion: number, more: Partial<LoginClaim> = {}): LoginClaim =>
  login(
    "app",
    {
      passwordVersion,
      parameterPath: "/orders/app",
      parameterPasswordKeyArn: keyArn("published"),
      ...more,
    },
    { kmsKeyArn: keyArn("logins"), readers: ["arn:aws:iam::111122223333:role/app"] },
  );
const password = "/orders/app/password";
const rotation = { strategy: "single", days: 30 } as const;
const rotating = full(2, { rotation });

/** What each scenario does. They run in this order, on what the ones before have left. */
export const scenarios: Record<string, (place: Place) => Promise<void>> = {
  "the admin logs in": async (place) => {
    for (const role of roles) assert.equal(await place.knock(role), undefined);
  },
  "an audit event is delivered": async (place) => {
    const { logs } = place.world.stack.aws;
    for (const role of roles) {
      await place.refuse(role);
      const [group] = logs.of(where);
      const streams = [...group.streams.values()].filter(({ name }) => name.startsWith(`${role}/`));
      assert.match(streams.flatMap(({ events }) => events.map(({ message }) => message)).join(), /"outcome":"refused"/);
    }
  },
  "a login is made": async (place) => {
    await place.apply(full(1));
  },
  "a password is reset": async (place) => {
    await place.apply(full(2));
  },
  "a secret gets other settings": async (place) => {
    const auth: LoginClaim["auth"] = {
      kind: "password",
      secret: {
        name: "orders/app",
        inherit: { tags: ["team"], policy: true },
        replicas: [{ region: "eu-west-1", kmsKeyArn: keyArn("copies", "eu-west-1") }],
      },
    };
    await place.apply({ ...full(2), auth });
    await place.apply(full(2));
  },
  "a secret is given a rotation": async (place) => {
    const arn = await place.apply(rotating);
    assert.equal(await place.world.stack.rotationEnded(arn), "done");
  },
  "a secret is rotated": async (place) => {
    await place.rotate(await place.apply(rotating));
  },
  "a secret is rotated whose parameter is gone": async (place) => {
    const arn = await place.apply(rotating);
    await place.parameters.send(new DeleteParameterCommand({ Name: password }));
    await place.rotate(arn);
  },
  "a secret is rotated whose parameter is of another type": async (place) => {
    const arn = await place.apply(rotating);
    const { TagList: Tags } = await place.parameters.send(
      new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: password }),
    );
    await place.parameters.send(new DeleteParameterCommand({ Name: password }));
    await place.parameters.send(new PutParameterCommand({ Name: password, Value: "x", Type: "String", Tags }));
    await place.rotate(arn);
  },
  "a secret is rotated that was taken over": async (place) => {
    const SecretId = await place.apply(rotating);
    const own = place.world.stack.aws.secrets.named("orders/app", where);
    const Value = own?.tags.find(({ Key }) => Key === PRINCIPAL_TAG)?.Value;
    await place.secrets.send(new TagResourceCommand({ SecretId, Tags: [{ Key: FORMER_TAG, Value }] }));
    await place.rotate(SecretId);
  },
  "a secret is rotated by somebody else's function": async (place) => {
    const functionArn = `arn:aws:lambda:${where.region}:${where.account}:function:theirs`;
    // There is no such function, which is found out by looking.
    assert.equal(await place.refusal(full(2, { rotation: { functionArn, days: 30 } })), "RotationRefused");
  },
  "a rotation ends": async (place) => {
    await place.apply(full(2));
  },
  "a password is supplied": async (place) => {
    const Tags = [{ Key: SUPPLIES_TAG, Value: "orders" }];
    const SecretString = JSON.stringify({ password: "supplied by somebody" });
    const { ARN = "" } = await place.secrets.send(
      new CreateSecretCommand({ Name: "theirs/report", SecretString, Tags, KmsKeyId: keyArn("logins") }),
    );
    const claim = login("report", { auth: { kind: "password", suppliedSecretArn: ARN }, passwordVersion: undefined });
    await place.apply(claim);
    await place.remove(claim);
  },
  "a login is deleted": async (place) => {
    await place.remove(full(2));
  },
  "a deleted login is made again": async (place) => {
    await place.apply(login("app"));
  },
  "a login is deleted whose secret was made under an earlier prefix": async (place) => {
    const claim = login("early");
    await place.apply(claim);
    await place.withOtherPrefixes(() => place.remove(claim));
  },
  "a login is replaced": async (place) => {
    const shared = { name: "orders/app", recoveryDays: 0 };
    await place.apply(login("app_two", {}, shared));
    await place.remove(login("app"));
    await place.remove(login("app_two", {}, shared));
  },
  "members of groups are read": async (place) => {
    const { identityStores } = place.world.stack.aws;
    const engine = "postgresql";
    const [ours, theirs] = [
      identityStores.create(where, directory.identityStoreId),
      identityStores.create({ ...where, account: "777788889999" }),
    ];
    for (const store of [ours, theirs]) identityStores.group(store, "analysts", ["ada"]);
    const kind = "identityCenter";
    await place.as("access", async () => {
      const { roleArn } = directory;
      for (const one of [
        { kind, identityStoreId: ours.id } as const,
        { kind, identityStoreId: theirs.id, roleArn } as const,
      ])
        assert.equal((await members({ engine, directory: one }, ["analysts"]))[0].username, "ada");
    });
    const SecretString = JSON.stringify({ username: "cn=reader", password: "for nobody" });
    const { ARN = "" } = await place.secrets.send(
      new CreateSecretCommand({ Name: "theirs/directory", SecretString, KmsKeyId: keyArn("logins") }),
    );
    // Nobody listens there: the secret has been read by then.
    const ldap = { kind: "ldap", url: "ldaps://localhost:1", bindSecretArn: ARN, baseDn: "dc=x" } as const;
    await place.as("access", () =>
      assert.rejects(members({ engine, directory: ldap }, ["analysts"]), { message: /ECONNREFUSED/ }),
    );
  },
  "files of a migration are read": async (place) => {
    const text = "SELECT 1";
    const body = gzipSync(JSON.stringify({ "0001_one.sql": text }));
    const sha256 = createHash("sha256").update(body).digest("hex");
    const { cluster, migrationsBucket = "" } = place.world.target.ref;
    const key = migrationsKeyOf(cluster, sha256);
    place.world.stack.aws.objects.named(migrationsBucket)?.objects.set(key, { body, modified: Date.now() });
    const request = {
      archive: { bucket: migrationsBucket, key, sha256 },
      files: [{ name: "0001_one.sql", sha256: hashOf(text) }],
    };
    const [file] =
      (await place.as("migrate", () => textsOf(request, { cluster, migrationsBucket, account: where.account }))) ?? [];
    assert.equal(file.text, text);
  },
  "the admin logs in with a token": async (place) => {
    process.env.AWS_ACCESS_KEY_ID ??= "none";
    process.env.AWS_SECRET_ACCESS_KEY ??= "none";
    const { host, port } = place.world.server;
    const token = await connectToken({ user: "provisioner", host, port, region: where.region }, new Date());
    const query = new URL(`https://${token}`).searchParams;
    const scope = query.get("X-Amz-Credential")?.split("/") ?? [];
    const { resourceId = "" } = place.world.target.ref;
    // RDS asks for the action and the user that were signed, on the cluster that the token is shown to.
    const action = `${scope[3]}:${query.get("Action")}`;
    const resource = `arn:aws:rds-db:${scope[2]}:${where.account}:dbuser:${resourceId}/${query.get("DBUser")}`;
    for (const role of roles) place.ask(role, { action, resource, context: {} });
  },
};
