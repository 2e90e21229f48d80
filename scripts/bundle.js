// Builds the provisioner's archive: one file of code and its notices, reproducible byte for byte, no network.
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { brotliCompressSync } = require("node:zlib");
const esbuild = require("esbuild");
const { zipSync } = require("fflate");
const { notices } = require("./notices.js");

const root = join(__dirname, "..");
const out = join(root, "dist", "bundle");
const { version } = require(join(root, "package.json"));
// The hash of everything but itself; replaced in the finished text.
const PLACEHOLDER = "0".repeat(64);
// Drivers are CommonJS and require built-in modules at run time, which an ES module has to be given.
const banner =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

/** Of both builds: what went in is said in NOTICES.md, with the comments that authors want to be kept. */
const told = {
  metafile: true,
  legalComments: "external",
  outdir: out,
  write: false,
  logLevel: "warning",
  absWorkingDir: root,
};
const metafiles = [];
const comments = [];

async function build(options) {
  const { metafile, outputFiles } = await esbuild.build({ ...options, ...told });
  const isComments = ({ path }) => path.endsWith(".LEGAL.txt");
  metafiles.push(metafile);
  comments.push(...outputFiles.filter(isComments).map(({ text }) => text));
  return outputFiles.find((file) => !isComments(file));
}

/**
 * PostgreSQL's grammar is WebAssembly in a file of its own. It travels inside the one file, compressed, and is unpacked
 * when a migration is first looked at: every other run starts without it.
 */
const grammar = {
  name: "postgresql-grammar",
  setup(build) {
    build.onLoad({ filter: /libpg-query[\\/]wasm[\\/]libpg-query\.js$/ }, ({ path }) => {
      const wasm = brotliCompressSync(readFileSync(path.replace(/\.js$/, ".wasm"))).toString("base64");
      const unpacked = `require("node:zlib").brotliDecompressSync(Buffer.from("${wasm}", "base64"))`;
      const text = readFileSync(path, "utf8");
      const loading = "async function getWasmBinary(binaryFile){";
      const patched = text.replace(loading, `${loading}return ${unpacked};`);
      if (patched === text)
        throw new Error("libpg-query loads its WebAssembly in another way now; see scripts/bundle.js.");
      // Only where the other file would be looked for, which an ES module has no name for.
      return { contents: `var __dirname = "";${patched}`, loader: "js" };
    });
  },
};

/** MySQL's grammar, as one module that is no part of the bundle's own text: an ES module would read it at every start. */
async function packedGrammar() {
  const names = {
    lexer: "dt-sql-parser/dist/lib/mysql/MySqlLexer.js",
    parser: "dt-sql-parser/dist/lib/mysql/MySqlParser.js",
    antlr: "antlr4ng",
  };
  const contents = Object.entries(names)
    .map(([name, from]) => `export * as ${name} from "${from}";`)
    .join("\n");
  const { contents: code } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    mainFields: ["module", "main"],
  });
  return brotliCompressSync(code).toString("base64");
}

const mysqlGrammar = {
  name: "mysql-grammar",
  setup(build) {
    build.onLoad({ filter: /migrations[\\/]mysql[\\/]grammar-modules\.ts$/ }, async () => ({
      contents: `
        import { compileFunction } from "node:vm";
        import { brotliDecompressSync } from "node:zlib";
        let loaded;
        export const loadModules = async () => {
          if (loaded === undefined) {
            const text = brotliDecompressSync(Buffer.from("${await packedGrammar()}", "base64")).toString();
            const module = { exports: {} };
            compileFunction(text, ["module", "exports"], { filename: "mysql-grammar" })(module, module.exports);
            loaded = module.exports;
          }
          return loaded;
        };`,
      loader: "js",
    }));
  },
};

async function main() {
  const { text } = await build({
    entryPoints: [join(root, "provisioner", "handler.ts")],
    bundle: true,
    minify: true,
    // Class names are part of errors' names and of what the audit says.
    keepNames: true,
    platform: "node",
    target: "node20",
    format: "esm",
    mainFields: ["module", "main"],
    external: ["pg-native"],
    alias: { "whatwg-url": join(root, "provisioner", "directory", "ldap-url.ts") },
    plugins: [grammar, mysqlGrammar],
    banner: { js: banner },
    define: { DB_ACCESS_VERSION: JSON.stringify(version), DB_ACCESS_CODE_HASH: JSON.stringify(PLACEHOLDER) },
  });
  const hash = createHash("sha256").update(text).digest("hex");
  const code = Buffer.from(text.replace(PLACEHOLDER, hash));
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "index.mjs"), code);
  const said = Buffer.from(notices({ metafiles, comments: comments.sort(), root }));
  writeFileSync(join(out, "NOTICES.md"), said);
  const plain = { level: 9, mtime: new Date("1980-01-01T12:00:00Z"), os: 3, attrs: 0o644 << 16 };
  const zip = zipSync({ "index.mjs": [code, plain], "NOTICES.md": [said, plain] });
  writeFileSync(join(out, "provisioner.zip"), zip);
  writeFileSync(
    join(out, "manifest.json"),
    `${JSON.stringify({ version, codeHash: hash, bytes: code.length, zipBytes: zip.length }, null, 2)}\n`,
  );
  const { jsonSchemas } = require(join(root, "dist", "provisioner", "protocol", "messages.js"));
  const { eventSchemas } = require(join(root, "dist", "provisioner", "doors", "schemas.js"));
  const schemas = { ...jsonSchemas(), ...eventSchemas() };
  writeFileSync(join(out, "protocol.schema.json"), `${JSON.stringify(schemas, null, 2)}\n`);
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
