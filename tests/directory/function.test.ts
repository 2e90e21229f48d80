import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startDirectory, type RunningDirectory } from "../../local/directory";
import { send } from "../doors/place";
import { functionLog } from "../support/leaks";
import { isSkipped, versionsToTest } from "../support/versions";
import { byHand, query, startWorld, type World } from "../support/world";
import { baseDn, company, readerDn } from "./company";

const skipped = isSkipped("slapd");

// The directory is read in the same way whatever the database is.
for (const version of skipped ? [] : versionsToTest("postgresql@17"))
  describe("people of an LDAP directory, through the function", () => {
    let world: World;
    let server: RunningDirectory;
    let folder: string;
    const password = randomBytes(18).toString("base64url");

    before(async () => {
      folder = mkdtempSync(path.join(tmpdir(), "db-access-directory-"));
      chmodSync(folder, 0o755);
      server = await startDirectory({ directory: folder, baseDn, entries: company(password) });
      const caFile = path.join(folder, "ca.pem");
      writeFileSync(caFile, server.ca);
      const bindSecretArn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:directory-??????";
      world = await startWorld(version, { role: { directory: { bindSecretArn } } });
      const { stack, target } = world;
      const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = stack.env();
      const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
      const secrets = new SecretsManagerClient({ endpoint: stack.url, region: stack.region, credentials });
      const SecretString = JSON.stringify({ username: readerDn, password });
      const { ARN } = await secrets.send(new CreateSecretCommand({ Name: "directory", SecretString }));
      secrets.destroy();
      const url = `ldaps://localhost:${server.ports.ldaps}`;
      const { spec } = stack.lambda.get(target.functionName);
      await stack.lambda.updateFunction(spec.name, {
        env: {
          ...spec.env,
          DB_ACCESS_DIRECTORY: JSON.stringify({ kind: "ldap", url, bindSecretArn: ARN, baseDn }),
          DB_ACCESS_DIRECTORY_CA_FILE: caFile,
        },
      });
      await query(world, world.server.admin, undefined, "CREATE DATABASE shop");
    });
    after(async () => {
      await world?.stop();
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const people = async (): Promise<unknown[]> => {
      const sql =
        "SELECT rolname, pg_has_role(rolname, 'rds_iam', 'member') AS iam, has_database_privilege(rolname, 'shop', 'CONNECT') AS shop FROM pg_roles WHERE rolname ~ '^(ada|grace|edsger|barbara)' ORDER BY 1";
      return (await byHand(world, undefined, sql)).map(({ rolname, iam, shop }) => [rolname, iam, shop]);
    };
    const created = (groups: string[]): Promise<{ answer?: unknown; error?: string }> =>
      send(world, {
        event: "database_created",
        database_type: "postgresql",
        database_name: "shop",
        endpoint: `${world.server.host}:${world.server.port}`,
        account: world.target.ref.account,
        application_name: "checkout",
        groups,
      });

    it("get logins with IAM authentication, and nobody loses one when the directory is away", async () => {
      assert.equal((await created(["analysts"])).error, undefined);
      const expected = [
        ["ada.lovelace", true, true],
        ["grace", true, true],
      ];
      assert.deepEqual(await people(), expected);
      for (const [groups, code] of [
        [["analysts)(cn=*"], "GroupMissing"],
        [["nobody"], "GroupEmpty"],
        [["two-graces"], "MemberRefused"],
      ] as const)
        assert.match((await created([...groups])).error ?? "", new RegExp(`^${code}: .*Nothing was changed`));
      await server.stop();
      assert.match((await created(["analysts"])).error ?? "", /^DirectoryUnavailable: .*cannot be reached/);
      assert.deepEqual(await people(), expected);
      assert.ok(!functionLog(world).includes(password));
    });
  });
