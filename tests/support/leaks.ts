import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import type { Interceptor } from "../../local/aws";
import { byHand, type World } from "./world";

/** Everything a password could have come to, by where it is. */
export type Places = Record<string, string>;

/** Half of a password is a leak as well: what was cut off is found by what is left. */
const shortest = 12;
const halvesOf = (password: string): string[] => {
  const half = Math.floor(password.length / 2);
  return half < shortest ? [password] : [password.slice(0, half), password.slice(-half)];
};

/** Base64 of a longer text that holds it, in the three ways in which it may lie on the groups of three bytes. */
function base64Within(text: string): string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    // The first and the last group depend on the neighbours.
    return whole.slice(shift === 0 ? 0 : 4, Math.floor((shift + bytes.length) / 3) * 4);
  });
}

const jsonEscaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/** The forms in which a text gets into a log by accident. */
function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const hex = bytes.toString("hex");
  const base64 = base64Within(text);
  const uri = encodeURIComponent(text);
  return [
    text,
    text.normalize("NFKC"),
    ...base64,
    ...base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_")),
    hex,
    hex.toUpperCase(),
    // As Node shows and writes a Buffer.
    [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" "),
    [...bytes].join(","),
    uri,
    new URLSearchParams([["", text]]).toString().slice(1),
    uri.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`),
    jsonEscaped(text),
    jsonEscaped(jsonEscaped(text)),
    // In a literal of SQL, of the shell and of JavaScript.
    text.replaceAll("'", "''"),
    text.replaceAll("\\", "\\\\").replaceAll("'", "\\'"),
    text.replaceAll("'", "'\\''"),
  ];
}

/** What a server stores for a password. It belongs into the server's own log at most. */
const verifiers = [
  /SCRAM-SHA-256\$\d+:[\w+/=]+\$/,
  /\$A\$[0-9A-F]{3}\$./,
  /2441243[0-9](?:3[0-9]|4[1-6]){2}24/i,
  /\*[0-9A-F]{40}\b/,
];

export const holdsVerifier = (text: string): boolean => verifiers.some((form) => form.test(text));

/** Looks for passwords in any form. It never says which: that would put it into the test's own output. */
export class Scanner {
  /** The forms by their first four bytes, and which pairs of bytes begin one: whole data directories are searched. */
  private readonly byHead = new Map<number, Buffer[]>();
  private readonly beginnings = new Uint8Array(0x10000);

  constructor(passwords: Iterable<string>) {
    for (const text of new Set([...passwords].flatMap(halvesOf).flatMap(formsOf))) {
      const form = Buffer.from(text);
      const head = form.readUInt32LE();
      this.byHead.set(head, [...(this.byHead.get(head) ?? []), form]);
      this.beginnings[form.readUInt16LE()] = 1;
    }
  }

  finds(content: string | Buffer): boolean {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    for (let at = 0; at + 4 <= bytes.length; at += 1) {
      if (this.beginnings[bytes[at] | (bytes[at + 1] << 8)] === 0) continue;
      const forms = this.byHead.get(bytes.readUInt32LE(at));
      if (forms?.some((form) => bytes.subarray(at, at + form.length).equals(form)) === true) return true;
    }
    return false;
  }

  /** The places in which a password is. */
  in(places: Places): string[] {
    return Object.entries(places)
      .filter(([, text]) => this.finds(text))
      .map(([name]) => name);
  }

  /** The files of a folder in which a password is, by their paths within it; a file's name may be the leak. */
  inFiles(folder: string): string[] {
    return filesIn(folder).filter((file) => this.finds(file) || this.finds(contentOf(path.join(folder, file))));
  }
}

/** Every file of a folder, by its path within it. */
export const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => statSync(path.join(folder, file), { throwIfNoEntry: false })?.isFile() === true)
    .sort();

/** A server may remove a file of its own while we look. */
function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}

/** Where a password is found, in any form. */
export const leaksIn = (places: Places, passwords: Iterable<string>): string[] => new Scanner(passwords).in(places);

/** A secret is JSON, or the password alone. */
function passwordIn(text: string): string {
  try {
    return (JSON.parse(text) as { password: string }).password;
  } catch {
    return text;
  }
}

/** Notes every password that is put into a secret, and everything that goes into and out of the function. */
export class Recorder {
  readonly passwords: Set<string>;
  readonly exchanged: string[] = [];
  private readonly ends: (() => void)[];

  constructor(private readonly world: World) {
    this.passwords = new Set([world.server.admin.password, world.server.superuser.password]);
    const { aws, lambda } = world.stack;
    this.ends = [
      aws.intercept(this.notePassword),
      lambda.beforeInvoke(({ payload }) => void this.exchanged.push(JSON.stringify(payload))),
      lambda.afterInvoke((_control, { payload }) => void this.exchanged.push(payload.toString("utf8"))),
    ];
  }

  private readonly notePassword: Interceptor = ({ request, next }) => {
    if (typeof request.SecretString === "string") {
      this.passwords.add(passwordIn(request.SecretString));
    }
    return next();
  };

  /** What the function and the server have written and said. */
  async places(): Promise<Places> {
    const { world } = this;
    const rows = await byHand(
      world,
      world.family === "postgresql" ? "postgres" : "db_access",
      "SELECT * FROM db_access.claims",
    );
    const logs = path.dirname(world.stack.lambda.logFile(world.target.functionName));
    const functionLogs = readdirSync(logs).map((name) => [
      `log of ${name}`,
      readFileSync(path.join(logs, name), "utf8"),
    ]);
    return {
      ...Object.fromEntries(functionLogs),
      "the server's log": readFileSync(world.server.logFile, "utf8"),
      "the ledger": JSON.stringify(rows),
      "requests and replies": this.exchanged.join("\n"),
    };
  }

  stop(): void {
    for (const end of this.ends) end();
  }
}

export interface AuditLine {
  requestId: string;
  action?: string;
  kind?: string;
  id?: string;
  owner?: string;
  by?: string;
  outcome: string;
  changes: string[];
  code?: string;
}

/** The function's audit lines since a length of its log. */
export const auditLines = (world: World, mark = 0): AuditLine[] =>
  functionLog(world)
    .slice(mark)
    .split("\n")
    .filter((line) => line.startsWith('{"audit"'))
    .map((line) => JSON.parse(line) as AuditLine);

export const functionLog = (world: World): string =>
  readFileSync(world.stack.lambda.logFile(world.target.functionName), "utf8");
