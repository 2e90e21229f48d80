// A page for a component: what it is, its arguments with everything inside them, and its outputs.
const { existsSync, readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const ts = require("typescript");
const { docOf, root, textOf } = require("./source");
const { Types } = require("./types");

const notice = "<!-- Made from the doc comments by scripts/component-docs.js. -->";
const code = (text) => `\`${text.replaceAll("|", "\\|")}\``;
const cell = (text) => text.replace(/\n+/g, " ").replaceAll("|", "\\|");
const table = (head, rows) =>
  [
    `| ${head.join(" | ")} |`,
    `|${head.map(() => " --- ").join("|")}|`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ].join("\n");

/** The first sentence, for lists. */
const sentence = (text) => text.match(/^.*?[.](?=\s|$)/s)?.[0] ?? text;

class Page {
  constructor(source, component) {
    this.source = source;
    this.component = component;
    this.name = component.name.text;
    this.types = new Types(source);
    /** What nobody has said anything about. */
    this.undocumented = [];
  }

  text() {
    const parts = [notice, `# ${this.name}`, docOf(this.component), this.examples()];
    const args = this.argsOf();
    const done = new Set([args.name.text]);
    parts.push("## Arguments", this.note(args), this.members(args, "argument"));
    const given = this.sections(done, "argument");
    parts.push("## Outputs", this.outputs(args), ...given, ...this.sections(done, "property"));
    return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
  }

  /** Of every type that has been named so far, and of those that these name. */
  sections(done, kind) {
    const parts = [];
    for (let next = this.next(done); next !== undefined; next = this.next(done)) {
      done.add(next.name.text);
      parts.push(...this.section(next, kind));
    }
    return parts;
  }

  next = (done) => [...this.types.named.values()].find((node) => !done.has(node.name.text));

  /** The second parameter of the constructor. */
  argsOf() {
    const constructor = this.component.members.find(ts.isConstructorDeclaration);
    return this.source.find(constructor.parameters[1].type.typeName.text, this.component);
  }

  note = (args) =>
    this.everyMember(args).some((member) => this.types.isPlain(member.type))
      ? "`plain`: a value that has to be there while the program runs; everything else may be an output of another resource."
      : "";

  examples() {
    const folder = join(root, "examples");
    const using = readdirSync(folder)
      .sort()
      .filter((name) => {
        const file = join(folder, name, "index.ts");
        return existsSync(file) && readFileSync(file, "utf8").includes(`new dbaccess.${this.name}(`);
      });
    if (using.length === 0) return "";
    return `Examples: ${using.map((name) => `[${name}](../../examples/${name}/index.ts)`).join(", ")}.`;
  }

  section(node, kind) {
    const parts = [`## ${node.name.text}`, docOf(node)];
    if (ts.isInterfaceDeclaration(node)) return [...parts, this.members(node, node.name.text, kind)];
    if (!ts.isUnionTypeNode(node.type)) return [...parts, this.written(node.type)];
    const texts = node.type.types.map((type) => [type, ts.isTypeLiteralNode(type) ? undefined : this.types.text(type)]);
    const words = texts.filter(([, text]) => text !== undefined).map(([, text]) => this.linked(text));
    if (words.length > 0) parts.push(`One of ${words.join(", ")}${words.length < texts.length ? ", or:" : "."}`);
    for (const [type] of texts.filter(([, text]) => text === undefined)) {
      parts.push(textOf(alternativeDoc(type)), this.members(type, node.name.text, kind));
    }
    return parts;
  }

  /** A type that is best read as it is written. */
  written(node) {
    this.types.text(node);
    return `\`\`\`ts\n${node.getText()}\n\`\`\``;
  }

  /** Its own, then what it has from others. */
  everyMember(node) {
    const inherited = (node.heritageClauses ?? [])
      .flatMap((clause) => clause.types)
      .flatMap((type) => {
        const parent = this.source.find(type.expression.getText(), node);
        if (parent === undefined) throw new Error(`${node.name.text} extends ${type.getText()}, which is not found.`);
        return this.everyMember(parent);
      });
    const own = node.members.filter(ts.isPropertySignature);
    const names = new Set(own.map((member) => member.name.getText()));
    return [...own, ...inherited.filter((member) => !names.has(member.name.getText()))];
  }

  members(node, where, kind = "argument") {
    const rows = this.everyMember(node)
      .filter((member) => member.type.kind !== ts.SyntaxKind.UndefinedKeyword)
      .map((member) => {
        const name = member.name.getText();
        const marks =
          kind === "property"
            ? []
            : [
                ...(member.questionToken === undefined ? ["required"] : []),
                ...(this.types.isPlain(member.type) ? ["plain"] : []),
              ];
        return [[code(name), ...marks].join("<br>"), this.typeCell(member.type), this.meaning(member, where)];
      });
    return table([kind, "type", "meaning"], rows);
  }

  typeCell = (type) => this.linked(this.types.text(type));

  /** The name of a type that has a section leads there. */
  linked(text) {
    const name = text.replace("[]", "");
    return this.types.named.has(name) ? `[${code(text)}](#${name.toLowerCase()})` : code(text);
  }

  /** What is said at the place, or else what its type says of itself. */
  meaning(member, where) {
    const name = member.name.getText();
    const reference = ts.isTypeReferenceNode(member.type) ? this.referred(member.type) : undefined;
    const said = docOf(member) || (reference === undefined ? "" : docOf(reference));
    // What a union is told apart by is its own explanation.
    const isTag = name === "kind" && ts.isLiteralTypeNode(member.type);
    // What is read of a resource of `@pulumi/aws` is explained there.
    if (said === "" && !isTag && !where.endsWith("Like")) this.undocumented.push(`${where}.${name}`);
    return cell(said);
  }

  referred(type) {
    const name = type.typeName.getText();
    if (/^pulumi\.(In|Out)put$/.test(name)) {
      const [inner] = type.typeArguments;
      return ts.isTypeReferenceNode(inner) ? this.referred(inner) : undefined;
    }
    return this.source.find(name, type);
  }

  outputs(args) {
    const given = new Set(this.everyMember(args).map((member) => member.name.getText()));
    const rows = this.classes()
      .flatMap((node) => [...node.members])
      .filter((member) => ts.isPropertyDeclaration(member) && isPublic(member))
      .map((member) => {
        const name = member.name.getText();
        const said = docOf(member) || (given.has(name) ? "The argument of that name." : "");
        return [code(name), this.typeCell(member.type), said === "" ? this.meaning(member, "output") : cell(said)];
      });
    return table(["output", "type", "meaning"], rows);
  }

  /** The component's own class and those of the project that it extends. */
  classes() {
    const all = [this.component];
    for (;;) {
      const parent = all.at(-1).heritageClauses?.[0]?.types[0].expression.getText();
      const found = parent === undefined ? undefined : this.source.find(parent, all.at(-1));
      if (found === undefined) return all;
      all.push(found);
    }
  }
}

/** A comment on one of several types stands before the bar, where the parser sees none. */
function alternativeDoc(type) {
  const { types } = type.parent;
  const before = types[types.indexOf(type) - 1]?.getEnd() ?? type.parent.getFullStart();
  const between = type.getSourceFile().text.slice(before, type.getStart());
  return between.match(/\/\*\*.*?\*\//s)?.[0] ?? "";
}

const isPublic = (member) =>
  !member.modifiers?.some(({ kind }) =>
    [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword, ts.SyntaxKind.StaticKeyword].includes(kind),
  );

module.exports = { Page, notice, sentence };
