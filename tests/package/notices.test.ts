import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { readZipEntry } from "../../local/servers/zip";
import { checkout } from "../support/engine";

interface Metafile {
  outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
}

interface Notices {
  notices(of: { metafiles: Metafile[]; comments: string[]; root: string }): string;
}

// eslint-disable-next-line @typescript-eslint/no-require-imports
const { notices } = require(path.join(checkout, "scripts", "notices.js")) as Notices;
const bundle = (name: string): Buffer => readFileSync(path.join(checkout, "dist", "bundle", name));

/** The packages that the provisioner's own files import at run time. */
function imported(): string[] {
  const folder = path.join(checkout, "provisioner");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const names = files.flatMap((file) =>
    [
      ...readFileSync(path.join(folder, file), "utf8").matchAll(
        /^(?:import (?!type\b)[^;]*?|export (?!type\b)[^;]*?) from "([^".][^"]*)"/gm,
      ),
    ].map(([, name]) => name),
  );
  const packages = names.filter((name) => !isBuiltin(name)).map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? "");
  return [...new Set(packages)].sort();
}

describe("the notices of the archive", () => {
  const text = bundle("NOTICES.md").toString();
  const rows = [...text.matchAll(/^\| (\S[^|]*) \| (\S[^|]*) \| (\S[^|]*) \|$/gm)]
    .map(([, name, version, licence]) => ({ name, version, licence }))
    .filter(({ name }) => name !== "Package" && !name.startsWith("---"));

  it("name what the provisioner imports and what is packed inside it, in the versions that are installed", () => {
    const direct = imported();
    assert.ok(direct.includes("pg") && direct.includes("@aws-sdk/client-s3") && direct.length >= 8, direct.join(", "));
    const named = new Set(rows.map(({ name }) => name));
    const packed = ["libpg-query", "PostgreSQL", "libpg_query", "dt-sql-parser", "antlr4ng"];
    assert.deepEqual(
      [...direct, ...packed].filter((name) => !named.has(name)),
      [],
    );
    for (const { name, version } of rows.filter((row) => !row.version.startsWith("in "))) {
      const file = path.join(checkout, "node_modules", name, "package.json");
      assert.equal((JSON.parse(readFileSync(file, "utf8")) as { version: string }).version, version, name);
    }
  });

  it("have a text for each, and name no tool that only builds", () => {
    const headings = [...text.matchAll(/^## (.*)$/gm)].flatMap(([, names]) => names.split(", "));
    assert.deepEqual(
      rows.map(({ name, version }) => `${name} ${version}`).filter((one) => !headings.includes(one)),
      [],
    );
    assert.match(text, /PostgreSQL Global Development Group[^]*UNIVERSITY OF CALIFORNIA/);
    assert.match(text, /Hannes Hörl/);
    const tools = rows.filter(({ name }) => /^(esbuild|typescript|mocha|fflate)$/.test(name));
    assert.deepEqual(tools, []);
  });

  it("travel inside the archive", () => {
    assert.equal(readZipEntry(bundle("provisioner.zip"), "NOTICES.md").toString(), text);
  });

  describe("of a package", () => {
    let root: string;
    beforeEach(() => {
      root = mkdtempSync(path.join(tmpdir(), "db-access-notices-"));
    });
    afterEach(() => rmSync(root, { recursive: true, force: true }));

    const mit = `Copyright (c) 2001 A. Author\n\n${"Permission is hereby granted to any person. ".repeat(12)}`;
    const install = (folder: string, license: string, files: Record<string, string>): string => {
      const place = path.join(root, "node_modules", folder);
      mkdirSync(place, { recursive: true });
      const name = folder.split("node_modules/").at(-1);
      writeFileSync(path.join(place, "package.json"), JSON.stringify({ name, version: "1.2.3", license }));
      for (const [file, content] of Object.entries(files)) writeFileSync(path.join(place, file), content);
      return `node_modules/${folder}/index.js`;
    };
    const of = (inputs: Record<string, number>): string => {
      const entries = Object.entries(inputs).map(([file, bytesInOutput]) => [file, { bytesInOutput }] as const);
      return notices({ metafiles: [{ outputs: { x: { inputs: Object.fromEntries(entries) } } }], comments: [], root });
    };

    it("are its own, also where it lies inside another or has its licence in the README", () => {
      const inner = install("outer/node_modules/@of/inner", "MIT", { LICENSE: `${mit}inner\n` });
      const outer = install("outer", "ISC", { "README.md": `# outer\n\n## License\n\n${mit}outer\n\n` });
      const said = of({ [inner]: 5, [outer]: 5, "provisioner/handler.ts": 5 });
      assert.match(said, /\n\| @of\/inner \| 1\.2\.3 \| MIT \|\n\| outer \| 1\.2\.3 \| ISC \|\n/);
      assert.match(said, /Permission [^#]*inner\n[^]*\n## outer 1\.2\.3\n[^]*Permission [^#]*outer\n/);
    });

    it("stop the build where there is no text, or a licence that asks for more", () => {
      const bare = install("bare", "MIT", { "README.md": "# bare\n\n## License\n\nMIT\n" });
      assert.throws(() => of({ [bare]: 5 }), {
        message: "The archive must not hold bare 1.2.3: the package brings no text of its licence, MIT.",
      });
      // Nothing of it is in the archive.
      assert.doesNotMatch(of({ [bare]: 0 }), /bare/);
      const asking = install("asking", "(MIT AND GPL-3.0-only)", { LICENSE: mit });
      assert.throws(() => of({ [asking]: 5 }), {
        message:
          "The archive must not hold asking 1.2.3: its licence, (MIT AND GPL-3.0-only), is not known as permissive.",
      });
      const silent = install("silent", "", { LICENSE: mit });
      assert.throws(() => of({ [silent]: 5 }), /silent 1\.2\.3: its licence/);
    });
  });
});
