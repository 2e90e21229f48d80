import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { Client, EqualityFilter, SizeLimitExceededError, type Entry } from "ldapts";
import { createTlsMaterial } from "../../local/servers/tls";
import { members, type Member } from "../../provisioner/directory";
import { bindingOf } from "../../provisioner/directory/bind-secret";
import type { LdapDirectory } from "../../provisioner/directory/config";
import { inChain, inChainFilter } from "../../provisioner/directory/ldap";
import { withLdap } from "../../provisioner/directory/ldap-connection";
import { DbAccessError } from "../../provisioner/errors";
import { isSkipped, noteDirectory } from "../support/versions";
import { baseDn, CROWD, oddName, readerDn } from "./company";
import { Line } from "./line";
import { Place } from "./place";

const skipped = isSkipped("slapd");
const person = (name: string): string => `uid=${name},ou=people,${baseDn}`;

// OpenLDAP is left out only by somebody who names it, and the last line of a run says so.
(skipped ? () => undefined : describe)("members of groups in an LDAP directory", () => {
  let place: Place;

  before(async () => {
    place = await Place.start();
    noteDirectory(place.server);
  });
  after(async () => {
    await place?.stop();
    if (place === undefined) return;
    assert.match(place.server.version, /^\d+\.\d+\.\d+$/);
    // It is gone.
    assert.throws(() => process.kill(place.server.pid, 0), { code: "ESRCH" });
  });

  const read = (groups: string[], more: Partial<LdapDirectory> = {}, deadline?: number): Promise<Member[]> =>
    members({ engine: "postgresql", directory: place.directory(more) }, groups, deadline);
  const names = async (groups: string[], more: Partial<LdapDirectory> = {}): Promise<string[]> =>
    (await read(groups, more)).map(({ username }) => username);

  it("are those of the groups inside them too; who is locked, was deleted or is no person is left out", async () => {
    assert.deepEqual(await read(["analysts"]), [
      { username: "ada.lovelace", source: person("Ada.Lovelace"), groups: ["analysts"] },
      { username: "grace", source: person("grace@example.org"), groups: ["analysts"] },
    ]);
  });

  it("have an end where groups contain each other", async () =>
    assert.deepEqual(await names(["ring"]), ["barbara", "grace"]));

  it("are named once, with every group that was asked for", async () =>
    assert.deepEqual(
      (await read(["engineers", "ring", "engineers"])).map(({ username, groups }) => [username, ...groups]),
      [
        ["ada.lovelace", "engineers"],
        ["barbara", "ring"],
        ["grace", "engineers", "ring"],
      ],
    ));

  it("may be named by uniqueMember", async () => assert.deepEqual(await names(["unique"]), ["barbara"]));

  it("may be read by StartTLS", async () =>
    assert.deepEqual(await names(["ring"], { url: `ldap://localhost:${place.server.ports.ldap}/` }), [
      "barbara",
      "grace",
    ]));

  it("have the login that an attribute says; accounts that are disabled, or have none, are left out", async () =>
    assert.deepEqual(await names(["accounts"], { loginAttribute: "samaccountname" }), ["b.liskov"]));

  it("may be more than the directory answers at once", async () => {
    assert.equal((await names(["crowd"])).length, CROWD);
    const filter = new EqualityFilter({ attribute: "sn", value: "crowd0001" });
    const everybody = new EqualityFilter({ attribute: "objectClass", value: "inetOrgPerson" });
    const binding = await bindingOf(place.secretArn);
    await withLdap(place.directory(), binding, Date.now() + 30_000, async (session) => {
      assert.equal((await session.find(baseDn, filter, ["uid"])).length, 1);
      assert.ok((await session.find(baseDn, everybody, ["uid"])).length > CROWD);
    });
    const client = new Client({ url: place.directory().url, tlsOptions: { ca: place.server.ca } });
    try {
      await client.bind(readerDn, place.password);
      await assert.rejects(client.search(baseDn, { filter: everybody }), SizeLimitExceededError);
    } finally {
      await client.unbind();
    }
  });

  describe("of a group", () => {
    it("with a name that means something in filters and names", async () =>
      assert.deepEqual(await names([oddName]), ["ada.lovelace"]));

    for (const name of [
      "*",
      "anal*",
      "analysts)(cn=*",
      "*)(objectClass=*))(|(cn=*",
      "\\2a",
      "analysts\0",
      "cn=analysts",
    ])
      it(`that is not there, ${JSON.stringify(name)}, are an error`, () =>
        assert.rejects(read([name]), { code: "GroupMissing", property: "groups" }));

    it("come to the server as one value", async () => {
      await assert.rejects(read(["a)(b=*"]));
      assert.match(place.log(), /filter="\(&\(\|\(objectClass=groupOfNames\)[^"]*\)\(cn=a\\29\\28b=\\2A\)\)"/i);
    });

    it("that is there twice are an error, until it is said where to look", async () => {
      await assert.rejects(read(["twice"]), { code: "GroupMissing", message: /There are 2 groups "twice"/ });
      assert.deepEqual(await names(["twice"], { groupBaseDn: `ou=elsewhere,${baseDn}` }), ["grace"]);
    });

    it("in which nobody is, or nobody who could log in, are an error and never nobody", async () => {
      for (const group of ["nobody", "locked"])
        await assert.rejects(read(["ring", group]), { code: "GroupEmpty", message: new RegExp(`"${group}"`) });
    });

    it("none of whom may be seen are an error and never nobody", () =>
      assert.rejects(read(["unseen"]), { code: "DirectoryUnavailable", message: /None of the members of cn=unseen/ }));
  });

  describe("are refused as logins", () => {
    const refused: [string, RegExp][] = [
      ["two-graces", /grace@example\.org.* and .*grace@example\.net.* would both be the login grace/],
      ["apostrophe", /"o'hara" of uid=o'hara,.* cannot be a login: before any @ there must be letters/],
      ["reserved", /"rds_nobody" is reserved/],
    ];
    for (const [group, message] of refused)
      it(group, () => assert.rejects(read([group]), { code: "MemberRefused", message }));
  });

  describe("cannot be read", () => {
    let silent: Server;
    const sockets = new Set<Socket>();

    before(async () => {
      silent = createServer((socket) => {
        sockets.add(socket);
        // It reads, so that it hears of an end.
        socket.resume().on("error", () => undefined);
        socket.once("close", () => sockets.delete(socket));
      });
      await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    });
    after(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<unknown>((resolve) => silent.close(resolve));
    });

    const binds = (): number => place.log().match(/ BIND /g)?.length ?? 0;

    /** What is said, after nothing of the password was sent unless a bind was tried. */
    async function unavailable(message: RegExp, more: Partial<LdapDirectory>, sent = 0): Promise<DbAccessError> {
      const before = binds();
      const error: unknown = await read(["ring"], more).catch((one: unknown) => one);
      assert.ok(error instanceof DbAccessError, String(error));
      assert.equal(error.code, "DirectoryUnavailable", error.message);
      assert.match(error.message, message);
      assert.match(error.message, /Nothing was changed\.$/);
      assert.ok(!error.message.includes(place.password));
      assert.equal(binds() > before ? 1 : 0, sent);
      return error;
    }

    it("where nothing listens", async () => {
      const error = await unavailable(/cannot be reached \(ECONNREFUSED\); see that its port is open/, {
        url: "ldaps://localhost:1",
      });
      assert.equal(error.transient, true);
    });

    it("from a name that nobody knows", () => unavailable(/cannot be reached \(E/, { url: "ldaps://nowhere.invalid" }));

    for (const scheme of ["ldaps", "ldap"] as const) {
      const url = (host: string): string => `${scheme}://${host}:${place.server.ports[scheme]}`;

      it(`${scheme}: whose certificate is of another authority`, () =>
        unavailable(/could not prove who it is/, { url: url("localhost"), ca: createTlsMaterial().ca }));

      it(`${scheme}: whose certificate is of no well-known authority, where none is given`, () =>
        unavailable(/could not prove who it is/, { url: url("localhost"), ca: undefined }));

      it(`${scheme}: whose certificate has another name`, () =>
        unavailable(/could not prove who it is \(ERR_TLS_CERT_ALTNAME_INVALID\)/, { url: url("127.0.0.2") }));

      it(`${scheme}: in time, and then nothing stays open`, async () => {
        const { port } = silent.address() as AddressInfo;
        const late = read(["ring"], { url: `${scheme}://127.0.0.1:${port}` }, Date.now() + 200);
        await assert.rejects(late, { code: "DirectoryUnavailable", transient: true, message: /took too long/ });
        await Promise.all([...sockets].map((socket) => once(socket, "close")));
      });
    }

    it("over a second connection, which could be without TLS or without a login", async () => {
      for (const scheme of ["ldaps", "ldap"] as const) {
        const line = await Line.to(place.server.ports[scheme]);
        const directory = place.directory({ url: `${scheme}://localhost:${line.port}` });
        const reading = withLdap(directory, await bindingOf(place.secretArn), Date.now() + 500, async (session) => {
          assert.ok(await session.read(baseDn, ["dc"]));
          await line.cut();
          return session.read(baseDn, ["dc"]);
        });
        await assert.rejects(reading, { code: "DirectoryUnavailable", transient: true });
        assert.equal(line.connections, 1);
        await line.close();
      }
    });

    it("without TLS, even where the port would do it", async () => {
      await unavailable(/cannot be reached|could not prove/, { url: `ldaps://localhost:${place.server.ports.ldap}` });
    });

    it("with another password, with none, and with a secret of another shape or nowhere", async () => {
      const secret = async (content: object | string): Promise<Partial<LdapDirectory>> => ({
        bindSecretArn: await place.secret(JSON.stringify(content)),
      });
      await unavailable(/refused the user name or password/, await secret({ username: readerDn, password: "x" }), 1);
      for (const content of [{ username: readerDn, password: "" }, { user: readerDn }, "text"])
        await unavailable(/must be JSON with username and password/, await secret(content));
      await assert.rejects(read(["ring"], { bindSecretArn: "nowhere" }), {
        code: "DirectoryUnavailable",
        message: /GetSecretValue on the directory's secret failed with ResourceNotFoundException/,
      });
    });

    it("below a base DN that is not there", () =>
      unavailable(/refused to answer \(result 32\)/, { baseDn: "dc=elsewhere" }, 1));
  });

  it("have left no password in what the server logs", () => assert.ok(!place.log().includes(place.password)));
});

(skipped ? () => undefined : describe)("members of groups in Active Directory", () => {
  let place: Place;

  before(async () => {
    place = await Place.start(["1.2.840.113556.1.4.800"]);
  });
  after(async () => place?.stop());

  // OpenLDAP says what it is told to say of itself, but does not have the rule that follows groups in groups. So it finds
  // nobody, as a directory would that is not what it says.
  it("are asked for by its own rule, and nobody found that way is an error", async () => {
    const directory = place.directory();
    await assert.rejects(members({ engine: "mysql", directory }, ["directors"]), { code: "GroupEmpty" });
    assert.match(place.log(), /filter="\(&\(\?objectCategory=person\)\(objectClass=user\)\(\?=undefined\)\)"/);
    await assert.rejects(members({ engine: "mysql", directory }, ["analysts"]), { code: "GroupMissing" });
  });

  it("are its users, by sAMAccountName, without those who are disabled", async () => {
    const entry = (name: string, userAccountControl: string): Entry => ({
      dn: `CN=${name},DC=x`,
      sAMAccountName: name,
      userAccountControl,
    });
    const asked: unknown[] = [];
    const session = {
      find: (...question: unknown[]) => {
        asked.push(question);
        return Promise.resolve([entry("Ada", "512"), entry("Gone", "514"), entry("Gone2", "66050")]);
      },
      read: () => Promise.reject(new Error("Nothing else is asked.")),
    };
    const group: Entry = { dn: "CN=R\\, D (x),DC=x" };
    assert.equal(
      String(inChainFilter(group.dn)),
      "(&(objectCategory=person)(objectClass=user)(memberOf:1.2.840.113556.1.4.1941:=CN=R\\5c, D \\28x\\29,DC=x))",
    );
    assert.deepEqual(await inChain(session, "DC=x", group, "sAMAccountName"), [{ source: "CN=Ada,DC=x", name: "Ada" }]);
    assert.deepEqual(asked, [["DC=x", inChainFilter(group.dn), ["sAMAccountName", "userAccountControl"]]]);
  });
});
