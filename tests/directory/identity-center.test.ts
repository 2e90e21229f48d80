import assert from "node:assert/strict";
import { createServer, type AddressInfo, type Server } from "node:net";
import { AwsError, ConnectionLost } from "../../local/aws";
import type { IdentityStore } from "../../local/aws/identitystore/store";
import { members, type Member } from "../../provisioner/directory";
import type { IdentityCenterDirectory } from "../../provisioner/directory/config";
import { account, Endpoint, region } from "../provisioner/credentials/endpoint";

const management = "777788889999";
const roleArn = `arn:aws:iam::${management}:role/directory-reader`;

describe("members of groups in IAM Identity Center", () => {
  let endpoint: Endpoint;
  let store: IdentityStore;

  before(async () => {
    endpoint = await Endpoint.start();
    const { identityStores } = endpoint.aws;
    store = identityStores.create({ account, region });
    identityStores.group(store, "Analysts (EU)", ["Ada.Lovelace@example.org", "grace", "left@example.org"]);
    identityStores.group(store, "Auditors", ["grace", "lost"]);
    identityStores.group(store, "Nobody", []);
    identityStores.group(store, "Locked", ["left@example.org"]);
    identityStores.group(store, "Odd", ["Zoë"]);
    identityStores.group(store, "Same", ["ada.lovelace@example.com", "Ada.Lovelace@example.org"]);
    identityStores.group(
      store,
      "Crowd",
      Array.from({ length: 250 }, (_, index) => `crowd${index}@example.org`),
    );
    identityStores.user(store, "left@example.org").status = "DISABLED";
    store.users = store.users.filter(({ userName }) => userName !== "lost");
  });
  after(() => endpoint.stop());

  const read = (groups: string[], more: Partial<IdentityCenterDirectory> = {}, deadline?: number): Promise<Member[]> =>
    members(
      { engine: "postgresql", directory: { kind: "identityCenter", identityStoreId: store.id, ...more } },
      groups,
      deadline,
    );
  const idOf = (userName: string): string => endpoint.aws.identityStores.user(store, userName).id;

  it("are logins by their user names; who is disabled or was deleted is left out", async () =>
    assert.deepEqual(await read(["Analysts (EU)", "Auditors"]), [
      { username: "ada.lovelace", source: idOf("Ada.Lovelace@example.org"), groups: ["Analysts (EU)"] },
      { username: "grace", source: idOf("grace"), groups: ["Analysts (EU)", "Auditors"] },
    ]));

  it("may be more than one page", async () => {
    const crowd = await read(["Crowd"]);
    assert.equal(crowd.length, 250);
    assert.equal(crowd.at(-1)?.username, "crowd99");
  });

  it("of a group that is not there, or in which nobody could log in, are an error and never nobody", async () => {
    for (const group of ["Analysts", "analysts (eu)", "*"])
      await assert.rejects(read(["Auditors", group]), { code: "GroupMissing", property: "groups" });
    for (const group of ["Nobody", "Locked"]) await assert.rejects(read([group]), { code: "GroupEmpty" });
  });

  it("whose names cannot be logins, or who would be one login, are refused", async () => {
    await assert.rejects(read(["Odd"]), { code: "MemberRefused", message: /"Zoë" of \S+ cannot be a login/ });
    await assert.rejects(read(["Same"]), { code: "MemberRefused", message: /would both be the login ada\.lovelace/ });
  });

  it("may be in another account and Region, reached through a role", async () => {
    const { identityStores, sts } = endpoint.aws;
    const theirs = identityStores.create({ account: management, region: "eu-west-1" });
    identityStores.group(theirs, "Admins", ["root-beer"]);
    const there = { identityStoreId: theirs.id, region: "eu-west-1" };
    assert.deepEqual(
      (await read(["Admins"], { ...there, roleArn })).map(({ username }) => username),
      ["root-beer"],
    );
    assert.deepEqual(
      sts.assumed.map((one) => [one.roleArn, one.sessionName]),
      [[roleArn, "db-access-directory"]],
    );
    await assert.rejects(read(["Admins"], there), {
      code: "DirectoryUnavailable",
      message: `The provisioner's role may not identitystore:GetGroupId on the identity store ${theirs.id}; allow it in the role that reads the identity store.`,
    });
    const allow = sts.denyRole(roleArn);
    await assert.rejects(read(["Admins"], { ...there, roleArn }), {
      code: "DirectoryUnavailable",
      message: `The provisioner's role may not sts:AssumeRole on ${roleArn}; allow it in the provisioner's role and in the trust policy of the other.`,
    });
    allow();
    // It is there, and not in this Region.
    await assert.rejects(read(["Admins"], { ...there, region, roleArn }), { code: "DirectoryUnavailable" });
  });

  it("cannot be read from a store that is not there", () =>
    assert.rejects(read(["Auditors"], { identityStoreId: "d-0000000000" }), {
      code: "DirectoryUnavailable",
      message: /GetGroupId on the identity store d-0000000000 failed with ResourceNotFoundException/,
    }));

  for (const operation of ["GetGroupId", "ListGroupMemberships", "DescribeUser"])
    it(`are an error and never fewer when ${operation} fails`, async () => {
      const failing = async (error: Error): Promise<void> => {
        const stop = endpoint.aws.intercept((call) => {
          if (call.operation === operation) throw error;
          return call.next();
        });
        const code = error.name === "ThrottlingException" ? "Throttled" : "DirectoryUnavailable";
        await assert.rejects(read(["Crowd"]), { code }).finally(stop);
      };
      await failing(new AwsError("AccessDeniedException", "hidden"));
      await failing(new AwsError("ValidationException", "hidden"));
      if (operation === "GetGroupId") {
        await failing(new AwsError("ThrottlingException", "slow down"));
        await failing(new ConnectionLost());
      }
    });

  it("are an error when nobody answers in time", async () => {
    const silent: Server = createServer((socket) => socket.resume().on("error", () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { AWS_ENDPOINT_URL } = process.env;
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    try {
      await assert.rejects(read(["Crowd"], {}, Date.now() + 200), {
        code: "DirectoryUnavailable",
        transient: true,
        message: /took too long/,
      });
    } finally {
      process.env.AWS_ENDPOINT_URL = AWS_ENDPOINT_URL;
      await new Promise<unknown>((resolve) => silent.close(resolve));
    }
  });
});
