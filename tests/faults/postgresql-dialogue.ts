import type { Answered, Dialogue, Sent } from "./dialogue";
import { Frames, textUntilNul, type Measure } from "./frames";
import { labelOf } from "./label";

/** The first message has no letter before its length. */
const startup: Measure = (pending) => (pending.length < 4 ? undefined : pending.readInt32BE(0));
const message: Measure = (pending) => (pending.length < 5 ? undefined : 1 + pending.readInt32BE(1));

const letterOf = (bytes: Buffer): string => String.fromCharCode(bytes[0]);

function frame(letter: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(letter);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** Every message about authentication but the last, which says that it is done. */
const asksSomething = (bytes: Buffer): boolean => letterOf(bytes) === "R" && bytes.readInt32BE(5) !== 0;

export class PostgresqlDialogue implements Dialogue {
  private readonly sent = new Frames(startup);
  private readonly answered = new Frames(message);
  private isLogin = true;
  private group: Buffer[] = [];
  /** Of the transaction, as the server said last. */
  private status = "I";

  constructor(private readonly admin: string) {}

  fromClient(data: Buffer): Sent[] {
    this.sent.push(data);
    const found: Sent[] = [];
    for (let bytes = this.sent.next(); bytes !== undefined; bytes = this.sent.next()) {
      if (this.sent.measure === startup) {
        this.sent.measure = message;
        found.push({ bytes, call: this.loginLabel(bytes) });
      } else found.push(...this.read(bytes));
    }
    return found;
  }

  fromServer(data: Buffer): Answered[] {
    this.answered.push(data);
    const found: Answered[] = [];
    for (let bytes = this.answered.next(); bytes !== undefined; bytes = this.answered.next()) {
      const letter = letterOf(bytes);
      const ends = letter === "Z" || (this.isLogin && letter === "E");
      found.push({ bytes, ends, asks: this.isLogin && asksSomething(bytes) });
      if (letter !== "Z") continue;
      this.isLogin = false;
      this.status = String.fromCharCode(bytes[5]);
    }
    return found;
  }

  failure(): Buffer {
    const fields = ["SERROR", "VERROR", "CXX000", "Minjected by the fault harness"].map((field) => `${field}\0`);
    const error = frame("E", Buffer.from(`${fields.join("")}\0`));
    if (this.isLogin) return error;
    return Buffer.concat([error, frame("Z", Buffer.from(this.status === "I" ? "I" : "E"))]);
  }

  private read(bytes: Buffer): Sent[] {
    const letter = letterOf(bytes);
    // The password's messages belong to the login, and nobody answers a goodbye.
    if (letter === "p" || letter === "X") return [{ bytes }];
    this.group.push(bytes);
    if (letter !== "Q" && letter !== "S") return [];
    const group = this.group;
    this.group = [];
    return [{ bytes: Buffer.concat(group), call: callOf(group) }];
  }

  private loginLabel(bytes: Buffer): string {
    const words = bytes.toString("utf8", 8).split("\0");
    return words[words.indexOf("user") + 1] === this.admin ? "log in as the admin" : "log in as the user";
  }
}

function callOf(group: readonly Buffer[]): string {
  const letters = group.map(letterOf);
  const texts = group.flatMap((bytes) => {
    if (letterOf(bytes) === "Q") return [textUntilNul(bytes, 5)];
    // A statement's name stands before its text.
    return letterOf(bytes) === "P" ? [textUntilNul(bytes, bytes.indexOf(0, 5) + 1)] : [];
  });
  const label = labelOf(texts.join("; "));
  return letters.includes("P") && !letters.includes("E") ? `PREPARE ${label}` : label;
}
