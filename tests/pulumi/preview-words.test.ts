import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { checkout, Engine, type Run } from "../support/engine";
import { byHand, startWorld, type World } from "../support/world";
import { previewedServers, type PreviewedChange, type PreviewedServer } from "./preview-changes";
import { programOf } from "./program";

const page = path.join(checkout, "docs", "preview.md");

/** `docs/preview.md` is what a preview says. To write it anew: DB_ACCESS_WRITE_DOCS=1 with this test. */
const writing = process.env.DB_ACCESS_WRITE_DOCS === "1";

const marks = ({ spec }: PreviewedServer): [string, string] => [`<!-- ${spec} -->\n`, `<!-- end of ${spec} -->\n`];

/** The page around the capture of a server, and the capture. */
function pageParts(server: PreviewedServer): [above: string, capture: string, below: string] {
  const text = readFileSync(page, "utf8");
  const [begin, end] = marks(server);
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  assert.ok(text.includes(begin) && to >= from, `${page} has no place for ${server.spec}`);
  return [text.slice(0, from), text.slice(from, to), text.slice(to)];
}

function write(server: PreviewedServer, capture: string): void {
  const [above, , below] = pageParts(server);
  writeFileSync(page, above + capture + below);
}

/** Names of the program's variables are those of the resources. */
const scriptOf = (body: string): string =>
  programOf(
    body.replace(/const ([a-z]+(?:-[a-z]+)+) = /g, (_all, name: string) => `const ${name.replaceAll("-", "_")} = `),
  );

/** What `--diff` shows of a resource that is about to be deleted: a sentence among its inputs. */
function removalOf(resource: string, { output }: Run): string[] {
  const [, part = ""] = output.split(new RegExp(`^ +\\[urn=urn:[^\\]]*::${resource}\\]$`, "m"));
  const [, sentence] = /^ +onDelete *: ("(?:[^"\\]|\\.)*")$/m.exec(part) ?? [];
  return sentence === undefined ? [] : [`onDelete: ${sentence}`];
}

const wordsOf = ({ resource, after }: PreviewedChange, run: Run): string[] =>
  after === undefined
    ? removalOf(resource, run)
    : run.messages.filter((message) => message.resource === resource).map(({ text }) => text);

const section = (change: PreviewedChange, words: readonly string[]): string =>
  [`### ${change.title}`, "", change.comment, "", "```text", ...words, "```", "", ""].join("\n");

for (const server of previewedServers)
  describe(`a preview's words on ${server.spec}`, () => {
    let world: World;
    let engine: Engine;
    let run: Run;

    before(async () => {
      world = await startWorld(server.spec);
      for (const [database, sql] of server.prepare(world.server.admin.user)) await byHand(world, database, sql);
      const program = (which: "before" | "after"): string =>
        scriptOf(server.unchanged + server.changes.map((change) => change[which] ?? "").join(""));
      engine = await Engine.start({ program: { code: program("before") }, env: world.stack.env() });
      await engine.up();
      if (server.meanwhile !== undefined) await byHand(world, "shop", server.meanwhile);
      engine.write(program("after"));
      run = await engine.preview({ args: ["--diff"] });
    });
    after(async () => {
      await engine?.stop();
      await world?.stop();
    });

    it("are those of docs/preview.md", () => {
      const capture = `\n${server.changes.map((change) => section(change, wordsOf(change, run))).join("")}`;
      if (writing) write(server, capture);
      assert.equal(pageParts(server)[1], capture);
    });

    it("are there for each change, and for nothing else", () => {
      for (const change of server.changes) assert.notDeepEqual(wordsOf(change, run), [], change.title);
      const meant = new Set(server.changes.map(({ resource }) => resource));
      const others = run.messages.filter(({ resource }) => resource !== undefined && !meant.has(resource));
      assert.deepEqual(others, []);
    });

    it("are canonical inputs where nobody is asked", async () => {
      const { messages, output } = await engine.preview({ args: ["--diff"], env: { DB_ACCESS_PREVIEW: "offline" } });
      assert.deepEqual(
        messages.filter(({ resource }) => resource !== undefined),
        [],
      );
      for (const item of server.offline) assert.match(output, item);
    });
  });
