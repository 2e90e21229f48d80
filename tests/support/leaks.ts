import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import type { Interceptor } from "../../local/aws";
import { byHand, type World } from "./world";

/** Everything a password could have come to, by where it is. */
export type Places = Record<string, string>;

/** The forms in which a text gets into a log by accident. */
const formsOf = (password: string): string[] => [
  password,
  Buffer.from(password).toString("base64"),
  Buffer.from(password).toString("hex"),
  Buffer.from(password).toString("hex").toUpperCase(),
  encodeURIComponent(password),
];

/** Where a password is found, in any form. Never the password itself: this goes into a test's output. */
export const leaksIn = (places: Places, passwords: Iterable<string>): string[] => {
  const forms = [...passwords].flatMap(formsOf);
  return Object.entries(places)
    .filter(([, text]) => forms.some((form) => text.includes(form)))
    .map(([name]) => name);
};

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
      const { password } = JSON.parse(request.SecretString) as { password: string };
      this.passwords.add(password);
    }
    return next();
  };

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
