import type { Answered, Dialogue, Sent } from "./dialogue";
import { Frames, textUntilNul, type Measure } from "./frames";
import { labelOf } from "./label";

const headLength = 4;
export const mysqlPacket: Measure = (pending) =>
  pending.length < headLength ? undefined : headLength + pending.readUIntLE(0, 3);

const quit = 0x01;
const query = 0x03;
const okByte = 0x00;
const eofByte = 0xfe;
const errorByte = 0xff;
const longestEof = 8;
const moreResults = 0x0008;

/** A length-encoded number, and where what follows it begins. */
function number(bytes: Buffer, at: number): [value: number, next: number] {
  const first = bytes[at];
  if (first < 0xfb) return [first, at + 1];
  const size = first === 0xfc ? 2 : first === 0xfd ? 3 : 8;
  return size === 8 ? [Number(bytes.readBigUInt64LE(at + 1)), at + 9] : [bytes.readUIntLE(at + 1, size), at + 1 + size];
}

const statusOfOk = (bytes: Buffer): number => {
  const [, insertId] = number(bytes, headLength + 1);
  const [, status] = number(bytes, insertId);
  return bytes.readUInt16LE(status);
};

const isEof = (bytes: Buffer): boolean => bytes[headLength] === eofByte && bytes.length - headLength <= longestEof;

type Expected = "login" | "first" | "columns" | "rows";

export class MysqlDialogue implements Dialogue {
  private readonly sent = new Frames(mysqlPacket);
  private readonly answered = new Frames(mysqlPacket);
  private isGreeted = false;
  private expected: Expected = "login";
  private lastSequence = 0;

  constructor(private readonly admin: string) {}

  fromClient(data: Buffer): Sent[] {
    this.sent.push(data);
    const found: Sent[] = [];
    for (let bytes = this.sent.next(); bytes !== undefined; bytes = this.sent.next()) {
      this.lastSequence = bytes[3];
      if (!this.isGreeted) {
        this.isGreeted = true;
        found.push({ bytes, call: this.loginLabel(bytes) });
      } else if (this.expected === "login" || bytes[headLength] === quit) found.push({ bytes });
      else {
        this.expected = "first";
        found.push({ bytes, call: callOf(bytes) });
      }
    }
    return found;
  }

  fromServer(data: Buffer): Answered[] {
    this.answered.push(data);
    const found: Answered[] = [];
    for (let bytes = this.answered.next(); bytes !== undefined; bytes = this.answered.next()) {
      const isLogin = this.expected === "login";
      const ends = this.read(bytes);
      found.push({ bytes, ends, asks: isLogin && !ends });
    }
    return found;
  }

  failure(): Buffer {
    const body = Buffer.from("?\x51\x04#HY000injected by the fault harness", "latin1");
    body[0] = errorByte;
    const head = Buffer.alloc(headLength);
    head.writeUIntLE(body.length, 0, 3);
    head[3] = this.lastSequence + 1;
    return Buffer.concat([head, body]);
  }

  /** Whether the packet ends an answer. */
  private read(bytes: Buffer): boolean {
    const first = bytes[headLength];
    if (first === errorByte) return true;
    switch (this.expected) {
      case "login":
        if (first === okByte) this.expected = "first";
        return first === okByte;
      case "first":
        if (first === okByte) return (statusOfOk(bytes) & moreResults) === 0;
        this.expected = "columns";
        return false;
      case "columns":
        if (isEof(bytes)) this.expected = "rows";
        return false;
      case "rows":
        if (!isEof(bytes)) return false;
        this.expected = "first";
        return (bytes.readUInt16LE(headLength + 3) & moreResults) === 0;
    }
  }

  private loginLabel(bytes: Buffer): string {
    // Capabilities, longest packet, character set and reserved bytes come before the name.
    return textUntilNul(bytes, headLength + 32) === this.admin ? "log in as the admin" : "log in as the user";
  }
}

function callOf(bytes: Buffer): string {
  const command = bytes[headLength];
  if (command !== query) return `command ${command}`;
  // No attributes, one set of them: MySQL has these two before the text, MariaDB has not.
  const hasAttributes = bytes[headLength + 1] === 0;
  return labelOf(bytes.toString("utf8", headLength + (hasAttributes ? 3 : 1)));
}
