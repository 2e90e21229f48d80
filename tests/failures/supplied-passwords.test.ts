import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { accountKey, type Account } from "../../provisioner/access/account";
import type { EngineSession } from "../../provisioner/engines/engine";
import { Scanner } from "../support/leaks";
import { versionsToTest } from "../support/versions";
import { useServer as useMysql } from "../provisioner/mysql/server";
import { useServer as usePostgresql } from "../provisioner/postgresql/server";

/** Parts that are written differently wherever a password may come by. */
const parts: Record<string, string> = {
  "single and double quotes": `it's "quoted" ''twice''`,
  "backslashes, also at the end": "C:\\new\\'\\",
  "percent signs": "100%%40%s%n%(x)",
  "what the shell, a URL and JDBC read": "$(id)`id`;&|<>?#@:/[]=+*~!{}",
  "spaces inside": "two  words and three",
  "a hyphen first": "--password=x",
  "accents, Chinese and an emoji": "pässwörd-Ünïcode-密码-🔑",
  "Cyrillic and Greek": "пароль-κωδικός",
};

/** What Unicode's form NFKC writes as something else. */
const written: [what: string, password: string, plain: string][] = [
  ["a ligature and full width letters", "ﬁsch-Ｆｉｓｃｈ", "fisch-Fisch"],
  ["an accent of its own", "cafe\u0301", "caf\u00e9"],
  ["a space that does not break", "one\u00a0two", "one two"],
];

/** Unique, so that the logs can be searched for it. */
const unique = (part: string): string => `${part}${randomBytes(8).toString("hex")}${part}`;

interface Bench {
  session: EngineSession;
  account: Account;
  logsIn(password: string): Promise<boolean>;
  log(): string;
}

/** Sets it as the provisioner does, and logs in as a client does. */
async function works({ session, account, logsIn }: Bench, password: string, what: string): Promise<void> {
  const verifiers = new Map([[accountKey(account), session.verifier(password)]]);
  await session.run({ operations: [{ op: "setPassword", account }], verifiers });
  assert.equal(await session.probe(account, password), "accepted", what);
  assert.ok(await logsIn(password), what);
  for (const other of [`${password}x`, password.slice(0, -1), password.toUpperCase()])
    assert.ok(!(await logsIn(other)), `something else than ${what}`);
}

function passwordTests(open: () => Promise<Bench>, prepares: boolean): void {
  it("of any characters log in, and nothing but them", async () => {
    const bench = await open();
    const passwords = Object.entries(parts).map(([what, part]) => [what, unique(part)]);
    for (const [what, password] of passwords) await works(bench, password, what);
    assert.ok(!new Scanner(passwords.map(([, password]) => password)).finds(bench.log()), "the server's log");
  });

  it(`that Unicode writes in two ways are ${prepares ? "one password" : "two passwords"}, as clients know it`, async () => {
    const bench = await open();
    for (const [what, password, plain] of written) {
      await works(bench, password, what);
      assert.equal(await bench.logsIn(plain), prepares, what);
    }
  });

  it("that clients do not agree on are refused before anything is sent", async () => {
    const { session } = await open();
    for (const password of ["", "null\0character", "half\ud83da pair"])
      assert.throws(() => session.verifier(password), { code: "InvalidInput" }, JSON.stringify(password));
    if (prepares)
      for (const password of ["line\nbreak", "ﬁsh 🔑", "\u00ad"])
        assert.throws(() => session.verifier(password), { code: "InvalidInput" }, JSON.stringify(password));
  });
}

const answered = (login: Promise<unknown>): Promise<boolean> =>
  login.then(
    () => true,
    () => false,
  );

for (const version of versionsToTest("postgresql@17"))
  describe(`supplied passwords on ${version}`, () => {
    const lab = usePostgresql(version.split("@")[1]);
    const account = { name: "person" };
    before(async () => {
      const client = await lab.as(lab.server.admin);
      await client.query("CREATE ROLE person LOGIN");
    });
    passwordTests(
      async () => ({
        session: await lab.connect(),
        account,
        logsIn: (password) => answered(lab.as({ user: "person", password })),
        log: () => readFileSync(lab.server.logFile, "utf8"),
      }),
      true,
    );
  });

for (const version of versionsToTest("mysql@8.0", "mariadb@10.11"))
  describe(`supplied passwords on ${version}`, () => {
    const lab = useMysql(version);
    const account = { name: "person", host: "%" };
    before(async () => {
      const connection = await lab.as(lab.server.admin);
      await connection.query("CREATE USER 'person'@'%' IDENTIFIED BY 'first' REQUIRE SSL");
    });
    passwordTests(
      async () => ({
        session: await lab.connect(),
        account,
        logsIn: (password) => answered(lab.as({ user: "person", password })),
        log: () => readFileSync(lab.server.logFile, "utf8"),
      }),
      false,
    );
  });
