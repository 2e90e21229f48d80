// A page for each component in docs/components, made from the doc comments of its arguments and outputs:
// `node scripts/component-docs.js` writes them, `--check` says which are not as they would be written.
const { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const prettier = require("prettier");
const { Page, notice, sentence } = require("./docs/page");
const { docOf, root, Source } = require("./docs/source");

const folder = join(root, "docs", "components");

const indexOf = (components) =>
  [
    notice,
    "# Components",
    "Every argument and output, as the doc comments have them; an editor shows the same while you type.",
    components.map((node) => `- [${node.name.text}](${node.name.text}.md): ${sentence(docOf(node))}`).join("\n"),
    "",
  ].join("\n\n");

/** The pages by file name, and what has no doc comment. */
async function pages() {
  const source = new Source();
  const components = source.components();
  const options = { ...(await prettier.resolveConfig(join(folder, "README.md"))), parser: "markdown" };
  const made = new Map([["README.md", await prettier.format(indexOf(components), options)]]);
  const undocumented = [];
  for (const component of components) {
    const page = new Page(source, component);
    made.set(`${page.name}.md`, await prettier.format(page.text(), options));
    undocumented.push(...page.undocumented.map((what) => `${page.name}: ${what}`));
  }
  return { made, undocumented: [...new Set(undocumented)] };
}

/** One line for everything that is not in order. */
async function problems() {
  const { made, undocumented } = await pages();
  const stored = existsSync(folder) ? readdirSync(folder) : [];
  const stale = [...made].filter(([file, text]) => {
    return !stored.includes(file) || readFileSync(join(folder, file), "utf8") !== text;
  });
  return [
    ...undocumented.map((what) => `${what} has no doc comment`),
    ...stale.map(([file]) => `docs/components/${file} is not what the doc comments say`),
    ...stored.filter((file) => !made.has(file)).map((file) => `docs/components/${file} is of no component`),
  ];
}

async function write() {
  const { made } = await pages();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of made) writeFileSync(join(folder, file), text);
}

async function main() {
  if (!process.argv.includes("--check")) await write();
  const found = await problems();
  for (const line of found) console.error(line);
  process.exitCode = found.length === 0 ? 0 : 1;
}

module.exports = { problems };

if (require.main === module) void main();
