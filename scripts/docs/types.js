// Types in the words of a page: inputs and outputs as what they hold, small aliases as what they stand for, and the
// names of the larger ones, which get a section of their own.
const ts = require("typescript");

/** Inputs and outputs are what a program may pass either way. */
const wrappers = new Set(["pulumi.Input", "pulumi.Output", "DeepInput", "Readonly"]);

const isLiteralList = (node) =>
  ts.isIndexedAccessTypeNode(node) &&
  ts.isParenthesizedTypeNode(node.objectType) &&
  ts.isTypeQueryNode(node.objectType.type);

/** What a schema of zod accepts: there is nothing to read at the declaration. */
const isInferred = (node) => ts.isTypeAliasDeclaration(node) && /^z\.infer</.test(node.type.getText());

class Types {
  constructor(source) {
    this.source = source;
    /** Declarations that have been named, in the order in which a reader meets them. */
    this.named = new Map();
  }

  text(node) {
    if (ts.isTypeReferenceNode(node)) return this.reference(node);
    if (ts.isUnionTypeNode(node)) return this.union(node);
    if (ts.isParenthesizedTypeNode(node)) return this.text(node.type);
    if (ts.isArrayTypeNode(node)) return this.list(this.text(node.elementType));
    if (ts.isTypeOperatorNode(node)) return this.text(node.type);
    if (isLiteralList(node)) return this.literals(node);
    return node.getText().replace(/\s+/g, " ");
  }

  list = (element) => (element.includes(" | ") ? `(${element})[]` : `${element}[]`);

  union(node) {
    const parts = node.types.map((part) => this.text(part)).filter((text) => text !== "undefined");
    return [...new Set(parts)].join(" | ");
  }

  reference(node) {
    const name = node.typeName.getText();
    const [first] = node.typeArguments ?? [];
    if (wrappers.has(name)) return this.text(first);
    if (name === "Record" && node.typeArguments.length === 2)
      return `{ [${this.text(first)}]: ${this.text(node.typeArguments[1])} }`;
    const found = this.source.find(name, node);
    if (found === undefined) return node.getText().replace(/\s+/g, " ");
    if (ts.isTypeAliasDeclaration(found) && this.isSmall(found.type)) return this.text(found.type);
    if (!ts.isClassDeclaration(found) && !isInferred(found)) this.named.set(name, found);
    return name;
  }

  /** Said in a few words: keywords and literals, and lists and choices of them. */
  isSmall(node) {
    if (isLiteralList(node)) return true;
    if (ts.isUnionTypeNode(node)) return node.types.every((part) => this.isSmall(part));
    if (ts.isArrayTypeNode(node)) return this.isSmall(node.elementType);
    if (ts.isTypeReferenceNode(node)) {
      if (wrappers.has(node.typeName.getText())) return this.isSmall(node.typeArguments[0]);
      const found = this.source.find(node.typeName.getText(), node);
      return found !== undefined && ts.isTypeAliasDeclaration(found) && this.isSmall(found.type);
    }
    return ts.isLiteralTypeNode(node) || ts.isToken(node);
  }

  /** `(typeof list)[number]`: what is in the list. */
  literals(node) {
    const list = this.source.find(node.objectType.type.exprName.getText(), node);
    const array = ts.isAsExpression(list.initializer) ? list.initializer.expression : list.initializer;
    return array.elements.map((element) => element.getText()).join(" | ");
  }

  /** Must be known while the program runs: no output may stand for it. */
  isPlain(node) {
    if (ts.isTypeReferenceNode(node)) {
      const name = node.typeName.getText();
      if (wrappers.has(name) || name === "GrantTarget") return false;
      const found = this.source.find(name, node);
      return found !== undefined && ts.isTypeAliasDeclaration(found) && this.isPlain(found.type);
    }
    if (ts.isArrayTypeNode(node)) return this.isPlain(node.elementType);
    if (ts.isUnionTypeNode(node)) return node.types.every((part) => this.isPlain(part));
    return !ts.isTypeLiteralNode(node) && !ts.isFunctionTypeNode(node);
  }
}

module.exports = { Types };
