import path from "node:path";
import type { Operation, StackResult } from "../../run/messages";
import { dialects } from "../dialect";
import type { Tell } from "../narrator";
import { type Proof, observe, prove } from "../proof";
import { added, failing, put, texts, watermark, watermarked } from "../schema-files";
import { app, as, byHand, migrator, schema, type Scene } from "../scene";
import type { Stage } from "../stage";

export async function migrations(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.heading("6. Migrations: two new files, of which one fails, and then one that was edited");
  const said: string[] = [];
  await stage.onAll("preview, up, up of an edited file, up", async (scene, tell) => {
    const engine = new Told(stage, scene, tell, said);
    return [...(await foretold(engine)), ...(await halfDone(stage, engine)), ...(await refusedThenMended(engine))];
  });
  const found = [
    ...watermarked(stage.stateDirectory).map((file) => `state ${file}`),
    ...watermarked(path.join(stage.localDirectory, "logs")).map((file) => `log ${file}`),
    ...(said.some((text) => text.includes(watermark)) ? ["the engine's messages"] : []),
  ];
  narrator.proofs([
    observe(
      { on: "Pulumi, AWS", who: "state, logs, messages", what: "SQL of the files" },
      found.length === 0,
      found.length === 0 ? "none" : found.join(", "),
    ),
  ]);
}

/** The engine on one scene, and all that it has said. */
class Told {
  constructor(
    private readonly stage: Stage,
    readonly scene: Scene,
    private readonly tell: Tell,
    private readonly said: string[],
  ) {}

  async run(operation: Operation, expectFailure = false): Promise<StackResult> {
    const result = await this.stage.run(this.scene, operation, this.tell, expectFailure);
    this.said.push(...result.messages.map(({ text }) => text), String(result.reason?.message));
    return result;
  }

  on(who: string, what: string): Pick<Proof, "on" | "who" | "what"> {
    return { on: this.scene.engine, who, what };
  }

  async column(query: string, column = "name"): Promise<string[]> {
    return (await byHand(this.scene, [query])).map((row) => String(row[column]));
  }

  get tables(): Promise<string[]> {
    return this.column(dialects[this.scene.engine].tables);
  }
}

const linesOf = ({ messages }: StackResult): string[] =>
  messages.filter(({ resource }) => resource === schema).flatMap(({ text }) => text.split("\n"));

async function foretold(engine: Told): Promise<Proof[]> {
  const { migrations: folder } = engine.scene.config;
  put(folder, added, texts.added);
  put(folder, failing, texts.failing);
  const line = linesOf(await engine.run("preview")).find((text) => /^run /.test(text)) ?? "nothing";
  const holds = line === `run ${added}, ${failing} as orders_owner`;
  return [observe(engine.on(schema, "preview names what is pending"), holds, line)];
}

/** The first file is there, and the second one told: all of its statements or none on PostgreSQL, some on MySQL. */
async function halfDone(stage: Stage, engine: Told): Promise<Proof[]> {
  const { scene } = engine;
  const { maker, failure, shut } = dialects[scene.engine];
  const before = await engine.tables;
  const { reason } = await engine.run("up", true);
  const words = reason?.message ?? "no failure";
  const [, place = words] = new RegExp(`${failing} (${failure.place.source})`).exec(words) ?? [];
  const made = (await engine.tables).filter((table) => !before.includes(table));
  const [of] = await engine.column(maker.query);
  const [closed] = await engine.column(shut(migrator), "shut");
  return [
    observe(engine.on(maker.name, `${maker.what} what ${added} has made`), of === maker.name, String(of)),
    await as(stage.stack, scene, app, (session) =>
      prove(engine.on(app, "SELECT from the new view"), "allowed", () => session.run("SELECT count(*) FROM shelf")),
    ),
    await as(stage.stack, scene, app, (session) =>
      prove(engine.on(app, "DROP the new view"), "refused", () => session.run("DROP VIEW shelf")),
    ),
    observe(engine.on(migrator, "between runs"), isTrue(closed), isTrue(closed) ? "cannot log in" : "can log in"),
    observe(engine.on(schema, `where ${failing} failed`), place !== words, place),
    observe(
      engine.on(schema, `what is there of ${failing}`),
      made.join() === failure.left.join(),
      made.length === 0 ? "nothing" : `table ${made.join(", ")}`,
    ),
  ];
}

const isTrue = (value: unknown): boolean => ["true", "1"].includes(String(value));

const lengthOf = (list: unknown): string => (Array.isArray(list) ? String(list.length) : "unknown");

async function refusedThenMended(engine: Told): Promise<Proof[]> {
  const { scene } = engine;
  const { migrations: folder } = scene.config;
  const before = await engine.tables;
  put(folder, added, texts.edited);
  put(folder, failing, texts.mended);
  const { reason } = await engine.run("up", true);
  const words = reason?.message ?? "no failure";
  const refused = words.includes(`${added} is not what ran`);
  const unchanged = (await engine.tables).join() === before.join();
  put(folder, added, texts.added);
  // Where something of the file is there, somebody has to look first, and say which failure it was.
  const [, failure] = /failure: "([0-9a-f]{8})"/.exec(words) ?? [];
  if (failure !== undefined) scene.config.resolve = JSON.stringify({ [failing]: { as: "retry", failure } });
  const { changes } = await engine.run("up");
  const { applied, pending } = changes.find(({ kind }) => kind === "DbMigration")?.after ?? {};
  const there = (await engine.tables).includes("scales");
  const how = failure === undefined ? "ran again by itself" : "ran when resolve said so";
  const expected = (failure === undefined) === (dialects[scene.engine].failure.left.length === 0);
  return [
    observe(engine.on(schema, `${added} edited after it ran`), refused, refused ? "refused" : words),
    observe(engine.on(schema, "what the refused update changed"), unchanged, unchanged ? "nothing" : "tables"),
    observe(engine.on(schema, `${failing}, mended`), there && expected, there ? how : "is not there"),
    observe(
      engine.on(schema, "after that, files that ran and are to run"),
      String(applied) === ["0001_orders.sql", added, failing].join() && String(pending) === "",
      `${lengthOf(applied)} and ${lengthOf(pending)}`,
    ),
  ];
}
