// What the archive's builds have taken in, and under which licences: dist/bundle/NOTICES.md.
const { readFileSync, readdirSync } = require("node:fs");
const { join, resolve } = require("node:path");

/** Those that ask for no more than that their text travels along. */
const permissive = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "MIT-0",
  "PostgreSQL",
  "Unlicense",
]);

/** What a package was made of, which its own licence says nothing about. The texts lie in scripts/notices. */
const inside = {
  "libpg-query": [
    { name: "PostgreSQL", licence: "PostgreSQL", file: "postgresql.txt" },
    { name: "libpg_query", licence: "BSD-3-Clause", file: "libpg_query.txt" },
    { name: "protobuf-c", licence: "BSD-2-Clause", file: "protobuf-c.txt" },
    { name: "xxHash", licence: "BSD-2-Clause", file: "xxhash.txt" },
    { name: "Emscripten", licence: "MIT", file: "emscripten.txt" },
    { name: "musl", licence: "MIT", file: "musl.txt" },
  ],
  "dt-sql-parser": [{ name: "MySQL grammar (Positive Technologies)", licence: "MIT", file: "mysql-grammar.txt" }],
};

/** The folders of the packages of which something is in what was built. */
function foldersOf(metafiles, root) {
  const files = metafiles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap(({ inputs }) => Object.entries(inputs))
    .flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file.replaceAll("\\", "/")] : []));
  // The last one: a package may have brought another of its own.
  const folders = files.map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].map((folder) => resolve(root, folder));
}

/** A sentence on the licence is none. */
const isWhole = (text) =>
  /copyright/i.test(text) && /(permission|redistribut|licen[cs]e)/i.test(text) && text.length > 400;

/** Of the package itself: files of their own, or the last part of its README. */
function textsOf(folder) {
  const names = readdirSync(folder).sort();
  const read = (name) => readFileSync(join(folder, name), "utf8");
  const texts = names.filter((name) => /^(licen[cs]e|copying|notice)\b/i.test(name)).map(read);
  if (texts.some(isWhole)) return texts;
  const readme = names.find((name) => /^readme\b/i.test(name));
  const section = readme === undefined ? undefined : /^#+ *licen[cs]e *\n([^]*)/im.exec(read(readme))?.[1];
  return section !== undefined && isWhole(section) ? [section] : [];
}

function packageIn(folder, apache) {
  const { name, version, license: licence } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const known = String(licence)
    .replaceAll(/[()]/g, "")
    .split(/ (?:OR|AND) /);
  if (!known.every((one) => permissive.has(one)))
    throw new Error(
      `The archive must not hold ${name} ${version}: its licence, ${licence}, is not known as permissive.`,
    );
  const own = textsOf(folder);
  // The one text that is the same for everybody, so that some packages leave it out.
  const texts = own.length === 0 && licence === "Apache-2.0" ? [apache] : own;
  if (texts.length === 0)
    throw new Error(
      `The archive must not hold ${name} ${version}: the package brings no text of its licence, ${licence}.`,
    );
  return { name, version, licence, texts };
}

const partsOf = ({ name, version }) =>
  (inside[name] ?? []).map(({ file, ...part }) => ({
    ...part,
    version: `in ${name} ${version}`,
    texts: [readFileSync(join(__dirname, "notices", file), "utf8")],
  }));

const tidy = (text) =>
  text
    .replaceAll("\r\n", "\n")
    .replaceAll(/[^\S\n]+$/gm, "")
    .replace(/^\n+/, "")
    .trimEnd();

const shown = ({ name, version }) => `${name} ${version}`;
const byName = (one, other) => (shown(one) < shown(other) ? -1 : 1);

/**
 * The whole file. `metafiles` are esbuild's, one of each build; `comments` what those builds have found in the files
 * themselves (legalComments "external").
 */
function notices({ metafiles, comments, root }) {
  const apache = readFileSync(join(__dirname, "..", "LICENSE"), "utf8").split(/^\s*APPENDIX:/m)[0];
  const packages = foldersOf(metafiles, root).map((folder) => packageIn(folder, apache));
  const all = [...new Map(packages.map((one) => [shown(one), one])).values()].sort(byName);
  const listed = all.flatMap((one) => [one, ...partsOf(one)]);
  const users = new Map();
  for (const one of listed)
    for (const text of one.texts.map(tidy)) users.set(text, [...(users.get(text) ?? []), shown(one)]);
  const texts = [...users].map(([text, names]) => `## ${names.join(", ")}\n\n\`\`\`\`text\n${text}\n\`\`\`\`\n`);
  const kept = comments.map(tidy).filter((text) => text !== "");
  return [
    "# Notices\n",
    "The functions' archive (`provisioner.zip`, `index.mjs`) holds parts of these packages, under these licences.\n",
    "| Package | Version | Licence |\n| --- | --- | --- |",
    ...listed.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`),
    "",
    ...texts,
    ...kept.map((text) => `## From the files themselves\n\n\`\`\`\`text\n${text}\n\`\`\`\`\n`),
  ].join("\n");
}

module.exports = { notices };
