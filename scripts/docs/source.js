// Reads what the package exports, as it is written: declarations, types and doc comments. Nothing is resolved outside
// the project, so that it takes a second and not the time of a compilation with `@pulumi/aws`.
const { readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const ts = require("typescript");

const root = join(__dirname, "..", "..");

const sources = () => [
  ...readdirSync(join(root, "components"), { recursive: true })
    .map((file) => join("components", file))
    .filter((file) => file.endsWith(".ts"))
    .sort(),
  join("provisioner", "protocol", "ref.ts"),
];

const isDeclaration = (node) =>
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isClassDeclaration(node) ||
  ts.isVariableStatement(node);

const namesOf = (node) =>
  ts.isVariableStatement(node)
    ? node.declarationList.declarations.map((one) => [one.name.text, one])
    : [[node.name?.text, node]];

/** Every declaration of the project that a page may need, found by its name from the file that uses it. */
class Source {
  constructor() {
    this.files = new Map();
    for (const file of sources()) {
      const text = readFileSync(join(root, file), "utf8");
      const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
      const declared = parsed.statements.filter(isDeclaration).flatMap(namesOf);
      this.files.set(file, new Map(declared.filter(([name]) => name !== undefined)));
    }
  }

  /** The file's own declaration of that name, or else the exported one of another file. */
  find(name, from) {
    const own = this.files.get(from.getSourceFile().fileName)?.get(name);
    if (own !== undefined) return own;
    for (const declared of this.files.values()) {
      const found = declared.get(name);
      if (found !== undefined && isExported(found)) return found;
    }
    return undefined;
  }

  /** The classes that a program makes, by name: those that `components/index.ts` exports. */
  components() {
    const index = readFileSync(join(root, "components", "index.ts"), "utf8");
    const parsed = ts.createSourceFile("index.ts", index, ts.ScriptTarget.ES2022, true);
    const names = parsed.statements
      .filter((node) => ts.isExportDeclaration(node) && !node.isTypeOnly && node.exportClause !== undefined)
      .flatMap((node) => [...node.exportClause.elements])
      .filter((element) => !element.isTypeOnly)
      .map((element) => element.name.text);
    const classes = [...this.files.values()]
      .flatMap((declared) => names.map((name) => declared.get(name)))
      .filter((node) => node !== undefined && ts.isClassDeclaration(node) && isExported(node));
    return classes.sort((a, b) => (a.name.text < b.name.text ? -1 : 1));
  }
}

const isExported = (node) => {
  const statement = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  return statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
};

const docOf = (node) => textOf(ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc)?.getText() ?? "");

/** A doc comment as one text, without its tags; links become code. */
const textOf = (comment) =>
  comment
    .replace(/^\/\*\*|\*\/$/g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trim())
    .join("\n")
    .split(/\n(?=@)/)[0]
    .replace(/\{@link ([^}]+)\}/g, "`$1`")
    .replace(/(?<!\n)\n(?!\n)/g, " ")
    .trim();

module.exports = { Source, docOf, root, textOf };
