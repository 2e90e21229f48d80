import assert from "node:assert/strict";
import fc from "fast-check";
import { Gate, type Fault } from "./gate";
import { labelOf } from "./label";
import { MysqlDialogue } from "./mysql-dialogue";
import { PostgresqlDialogue } from "./postgresql-dialogue";
import { Recording } from "./recording";

describe("how the fault harness names a call", () => {
  const labels: [sql: string, label: string][] = [
    ["SELECT 1", "SELECT"],
    ["CREATE USER 'app'@'%' IDENTIFIED WITH 'caching_sha2_password' AS 0x2443", "CREATE USER"],
    ["ALTER ROLE \"select\" PASSWORD 'SCRAM-SHA-256$4096:x$y:z'", "ALTER ROLE"],
    ["SELECT u.Host FROM mysql.user u WHERE User IN ('mysql.db')", "SELECT mysql.user"],
    ["BEGIN;\nINSERT INTO db_access.claims VALUES (';');\nCOMMIT", "BEGIN; INSERT INTO db_access.claims; COMMIT"],
    ["SELECT pg_advisory_unlock(hashtextextended('db-access:v1', 0))", "SELECT pg_advisory_unlock"],
    ["KILL 17", "KILL"],
    ["hunter2", "…"],
  ];
  for (const [sql, label] of labels) it(label, () => assert.equal(labelOf(sql), label));

  it("never has anything in it that a statement had in quotes", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.constantFrom("'", '"', "`"), (text, quote) => {
        const secret = `canary${text.replaceAll("\\", "")}`;
        const sql = `ALTER ROLE x PASSWORD ${quote}${secret.replaceAll(quote, quote + quote)}${quote}; SELECT 1`;
        assert.equal(labelOf(sql), "ALTER ROLE; SELECT");
      }),
    );
  });
});

/** In pieces of any size, as a socket delivers it. */
const pieces = (data: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(data.length / size) }, (_, at) => data.subarray(at * size, (at + 1) * size));

describe("how the fault harness reads PostgreSQL's protocol", () => {
  const message = (letter: string, body: Buffer | string): Buffer => {
    const content = Buffer.from(body);
    const head = Buffer.alloc(4);
    head.writeInt32BE(content.length + 4);
    return Buffer.concat([Buffer.from(letter), head, content]);
  };
  const startup = (user: string): Buffer => message("", `\0\x03\0\0user\0${user}\0database\0postgres\0\0`);
  const calls = (dialogue: PostgresqlDialogue, data: Buffer, size: number): (string | undefined)[] =>
    pieces(data, size).flatMap((piece) => dialogue.fromClient(piece).map(({ call }) => call));

  for (const size of [1, 7, 10_000])
    it(`finds the calls in pieces of ${size} bytes`, () => {
      const sent = Buffer.concat([
        startup("dbadmin"),
        message("p", "SCRAM-SHA-256\0"),
        message("Q", "SELECT 1; COMMIT\0"),
        message("P", "name\0ALTER ROLE x PASSWORD 'y'\0\0\0"),
        message("S", ""),
        message("P", "\0SELECT $1\0\0\0"),
        message("B", "\0\0\0\0\0\0\0\0"),
        message("E", "\0\0\0\0\0"),
        message("S", ""),
        message("X", ""),
      ]);
      assert.deepEqual(calls(new PostgresqlDialogue("dbadmin"), sent, size), [
        "log in as the admin",
        undefined,
        "SELECT; COMMIT",
        "PREPARE ALTER ROLE",
        "SELECT",
        undefined,
      ]);
    });

  it("knows where a login and an answer end, and fails in the state the transaction is in", () => {
    const dialogue = new PostgresqlDialogue("dbadmin");
    dialogue.fromClient(startup("app"));
    const answers = Buffer.concat([
      message("R", "\0\0\0\x0a"),
      message("R", "\0\0\0\0"),
      message("Z", "I"),
      message("D", "\0\0"),
      message("E", "\0"),
      message("Z", "T"),
    ]);
    const read = pieces(answers, 3).flatMap((piece) => dialogue.fromServer(piece));
    assert.deepEqual(read.map(({ ends }) => ends), [false, false, true, false, false, true]); // prettier-ignore
    assert.deepEqual(read.map(({ asks }) => asks), [true, false, false, false, false, false]); // prettier-ignore
    assert.deepEqual(dialogue.failure().subarray(-6), message("Z", "E"));
  });
});

describe("how the fault harness reads MySQL's protocol", () => {
  const packet = (sequence: number, body: Buffer | string): Buffer => {
    const content = Buffer.from(body);
    const head = Buffer.alloc(4);
    head.writeUIntLE(content.length, 0, 3);
    head[3] = sequence;
    return Buffer.concat([head, content]);
  };
  const handshake = (user: string): Buffer => packet(2, Buffer.concat([Buffer.alloc(32, 1), Buffer.from(`${user}\0`)]));
  const ok = (sequence: number, status = 2): Buffer => packet(sequence, Buffer.from([0, 0, 0, status, 0, 0, 0]));
  const eof = (sequence: number, status = 2): Buffer => packet(sequence, Buffer.from([0xfe, 0, 0, status, 0]));
  const query = (sql: string): Buffer => packet(0, `\x03${sql}`);

  it("finds the calls, with and without query attributes", () => {
    const dialogue = new MysqlDialogue("dbadmin");
    assert.deepEqual(dialogue.fromClient(handshake("dbadmin")).map(({ call }) => call), ["log in as the admin"]); // prettier-ignore
    assert.deepEqual(dialogue.fromClient(packet(4, "password")).map(({ call }) => call), [undefined]); // prettier-ignore
    const more = packet(3, Buffer.from([1, 4]));
    assert.deepEqual(dialogue.fromServer(Buffer.concat([more, ok(5)])).map(({ ends, asks }) => [ends, asks]), [[false, true], [true, false]]); // prettier-ignore
    const sent = Buffer.concat([query("\0\x01SHOW WARNINGS"), query("DROP USER 'x'"), packet(0, "\x01")]);
    assert.deepEqual(pieces(sent, 3).flatMap((piece) => dialogue.fromClient(piece)).map(({ call }) => call), ["SHOW WARNINGS", "DROP USER", undefined]); // prettier-ignore
  });

  it("knows where an answer ends", () => {
    const dialogue = new MysqlDialogue("dbadmin");
    const ends = (...answers: Buffer[]): boolean[] => {
      dialogue.fromClient(query("SELECT 1"));
      return pieces(Buffer.concat(answers), 5).flatMap((piece) => dialogue.fromServer(piece).map((each) => each.ends));
    };
    dialogue.fromClient(handshake("app"));
    dialogue.fromServer(ok(1));
    assert.deepEqual(ends(ok(1)), [true]);
    assert.deepEqual(ends(packet(1, Buffer.from([0xff, 0x51, 0x04]))), [true]);
    const rows = [packet(1, "\x01"), packet(2, "column"), eof(3), packet(4, "\x01x")];
    assert.deepEqual(ends(...rows, eof(5)), [false, false, false, false, true]);
    assert.deepEqual(ends(...rows, eof(5, 10), ok(6)), [false, false, false, false, false, true]);
    assert.equal(dialogue.failure()[3], 1);
  });
});

describe("the gate of the fault harness", () => {
  const call = { by: "access", channel: "sql", label: "COMMIT" } as const;
  const fault: Fault = { ...call, nth: 2, when: "after", kind: "drop" };

  it("lets one fault happen after the other, each at its own call", () => {
    const gate = new Gate();
    assert.equal(gate.meet(call), undefined, "closed");
    gate.arm([fault, { ...fault, nth: 1, kind: "exit" }]);
    gate.open();
    assert.deepEqual([gate.meet(call), gate.meet(call)?.kind, gate.left], [undefined, "drop", 1]);
    assert.deepEqual(gate.close(), { calls: [call, call], faultAt: 1 });
    gate.open();
    assert.deepEqual(
      [gate.meet({ ...call, channel: "secrets" }), gate.meet(call)?.kind, gate.left],
      [undefined, "exit", 0],
    );
  });

  it("names what is not as recorded", () => {
    const recording = new Recording([
      call,
      { ...call, channel: "secrets", label: "Get" },
      { ...call, label: "SELECT" },
    ]);
    const calls = (...labels: string[]) => labels.map((label) => ({ ...call, label }));
    assert.deepEqual(recording.deviations({ calls: calls("COMMIT"), faultAt: 0 }), []);
    assert.deepEqual(recording.deviations({ calls: calls("COMMIT", "DROP"), faultAt: 0 }), []);
    assert.deepEqual(recording.deviations({ calls: calls("COMMIT", "DROP"), faultAt: 1 }), [
      "a call that is not in the table: access sql call 2, DROP",
    ]);
    assert.deepEqual(recording.deviations({ calls: calls("COMMIT") }), [
      "access sql call 2, SELECT, did not come",
      "access secrets call 1, Get, did not come",
    ]);
    assert.deepEqual(recording.unknown([{ calls: calls("COMMIT", "DROP", "DROP") }]), calls("DROP"));
  });
});
