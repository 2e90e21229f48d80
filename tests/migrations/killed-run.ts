import type { InvocationControl } from "../../local/lambda";
import type { MigrationSpec, Reply } from "../../provisioner/protocol";
import { filesBefore, filesOf, killedName, rowsOf, type KillCase, type KillOutcome } from "./killed";
import type { KillPlace } from "./killed-place";
import { migrateRaw, migrationRequest, type Texts } from "./request";

/** Enough to begin a file, and to see it cut short soon. */
const shortSeconds = 18;
const longSeconds = 900;

type Migration = Partial<MigrationSpec> & { database: string };

/** One kill: the run before it, the kill, the next run, what it advises, and a deployment after that. */
class Kill {
  private readonly migration: Migration;
  private readonly files: Texts;
  private readonly problems: string[] = [];
  private readonly name: string;

  constructor(
    private readonly place: KillPlace,
    private readonly each: KillCase,
    private readonly at: number,
  ) {
    this.migration = { database: "shop", historyTable: `killed_${at}`, lint: "warn" };
    this.files = filesOf(at, each.point, place.gate);
    this.name = killedName(each.point);
  }

  async run(): Promise<KillOutcome> {
    const { place, each, at } = this;
    await this.expect("the run before", filesBefore(at, each.point));
    await this.kill();
    const rows = await this.rows();
    const history = await this.historyWords();
    const next = await this.ask("apply", this.files);
    const [said, did] = await this.follow(next, rows);
    await this.expect("the deployment after it", {
      ...this.files,
      "0003_after.sql": `INSERT INTO ${rowsOf(at)} VALUES (3);`,
    });
    await this.check();
    return {
      engine: place.spec,
      victim: each.victim,
      point: each.point.name,
      database: rows.length === 0 ? "nothing of the file" : `row ${rows.join(", row ")}`,
      history,
      said,
      did,
      problems: this.problems,
    };
  }

  private ask(action: "plan" | "apply", files: Texts): Promise<Reply> {
    const { world } = this.place;
    return migrateRaw(world, migrationRequest(world.cluster, action, files, this.migration));
  }

  private async expect(what: string, files: Texts): Promise<void> {
    const { error, migration } = await this.ask("apply", files);
    const words = error?.message ?? migration?.failure?.words;
    if (words !== undefined) this.problems.push(`${what}: ${words}`);
  }

  private async rows(): Promise<number[]> {
    const found = await this.place.byHand(`SELECT n FROM ${rowsOf(this.at)} ORDER BY n`);
    return found.map(({ n }) => Number(n));
  }

  /** The run that is killed, to the end of all that it has begun. */
  private async kill(): Promise<void> {
    const { place, each } = this;
    const { lambda } = place.world.stack;
    const { migrateFunctionName } = place.world.target;
    const { hold } = each.point;
    const { historyTable = "" } = this.migration;
    if (each.victim === "time") await lambda.updateFunction(migrateFunctionName, { timeoutSeconds: shortSeconds });
    let control: InvocationControl | undefined;
    const forget = lambda.beforeInvoke((invocation) => void (control = invocation));
    if (hold === "history") await place.holdHistory(historyTable);
    else await place.closeGate();
    const run = this.ask("apply", this.files).then(
      () => undefined,
      () => undefined,
    );
    let session = await place.waiting(hold === "history" ? "history" : "gate");
    if (hold === "gate, then history") {
      await place.holdHistory(historyTable);
      await place.openGate();
      session = await place.waiting("history");
    }
    if (each.victim === "function") control?.kill();
    if (each.victim === "session") await place.endSession(session);
    if (each.victim === "answer") control?.dropResponse();
    // Only an answer that is lost needs the file to go on.
    if (each.victim !== "answer") await (hold === "gate" ? run : Promise.race([run, place.gone(session)]));
    if (hold === "gate") await place.openGate();
    else await place.letHistoryGo();
    await run;
    forget();
    await place.quiet();
    if (each.victim === "time") await lambda.updateFunction(migrateFunctionName, { timeoutSeconds: longSeconds });
  }

  private async historyWords(): Promise<string> {
    const { historyTable = "" } = this.migration;
    const [row] = await this.place.byHand(
      `SELECT state, statement, code FROM ${historyTable}_log WHERE name = '${this.name}'`,
    );
    if (row === undefined) return "no row";
    const { state, statement, code } = row;
    return `${String(state)}${statement === null ? "" : `, statement ${String(statement)}`}${code === null ? "" : ` (${String(code)})`}`;
  }

  /** Does what a person would do who reads the sentence: looks, decides, says so. */
  private async follow({ error, migration }: Reply, rows: readonly number[]): Promise<[said: string, did: string]> {
    if (error === undefined) {
      const ran = migration?.ran.map(({ name }) => name) ?? [];
      const words = migration?.failure?.words;
      if (words !== undefined) this.problems.push(`the next run: ${words}`);
      return ran.includes(this.name) ? ["nothing is in the way", "ran the file"] : ["nothing is to do", "nothing"];
    }
    const failure = /failure: "([0-9a-f]{8})"/.exec(error.message)?.[1];
    const said = shortened(error.message, this.name);
    if (failure === undefined) {
      this.problems.push(`it says nothing that could be followed: ${error.message}`);
      return [said, "-"];
    }
    this.compare(error.message, rows);
    const isWhole = ["1", "2"].every((n) => rows.map(String).includes(n));
    const as = isWhole ? "applied" : "retry";
    if (!isWhole && rows.length > 0) await this.place.byHand(`DELETE FROM ${rowsOf(this.at)}`);
    this.migration.resolve = { [this.name]: { as, failure } };
    const reply = await this.ask("apply", this.files);
    const refused = reply.error?.message ?? reply.migration?.failure?.words;
    if (refused !== undefined) this.problems.push(`after its advice: ${refused}`);
    const undone = !isWhole && rows.length > 0 ? "its row taken away, " : "";
    return [said, `${undone}"${as}": ${isWhole ? "recorded it" : "ran the file"}`];
  }

  /** What it says of the statements before has to be so. */
  private compare(message: string, rows: readonly number[]): void {
    const statement = Number(/at statement (\d+)/.exec(message)?.[1]);
    const before = this.each.point.statements.slice(0, statement - 1);
    if (before.includes("one") && !rows.includes(1)) this.problems.push("it says that row 1 is there");
    if (before.includes("two") && !rows.includes(2)) this.problems.push("it says that row 2 is there");
  }

  private async check(): Promise<void> {
    const rows = await this.rows();
    if (rows.join() !== "1,2,3") this.problems.push(`in the end there are rows ${rows.join()}`);
    const { migration } = await this.ask("plan", {});
    const states = migration?.history.map(({ state }) => state) ?? [];
    if (states.length !== 3 || states.some((state) => state !== "applied"))
      this.problems.push(`in the end the history says ${states.join()}`);
    if (migration?.holder !== undefined) this.problems.push(`the lock is held by ${migration.holder}`);
    if (!(await this.place.isShut())) this.problems.push("the migrator can log in");
  }
}

/** How the file ended, without its name: `was cut short at statement 2`. */
const shortened = (message: string, name: string): string =>
  (message.split(/[,;.] /)[0] ?? message).replace(`${name} `, "");

export const killOnce = (place: KillPlace, each: KillCase, at: number): Promise<KillOutcome> =>
  new Kill(place, each, at).run();
