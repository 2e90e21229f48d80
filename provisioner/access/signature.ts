/** What people write, as the server names the type. Source: PostgreSQL "Data Types", table 8.1, and its input names. */
const typeNames: Record<string, string> = {
  int: "integer",
  int4: "integer",
  int2: "smallint",
  int8: "bigint",
  float4: "real",
  float8: "double precision",
  float: "double precision",
  bool: "boolean",
  decimal: "numeric",
  varchar: "character varying",
  char: "character",
  bpchar: "character",
  varbit: "bit varying",
  time: "time without time zone",
  timetz: "time with time zone",
  timestamp: "timestamp without time zone",
  timestamptz: "timestamp with time zone",
};

function canonicalType(text: string): string {
  const trimmed = text.trim().replace(/\s+/g, " ");
  const array = /^(.*?)((?:\s*\[\s*\d*\s*\])+)$/.exec(trimmed);
  if (array !== null) return `${canonicalType(array[1])}[]`;
  if (trimmed.includes('"')) return trimmed;
  const lower = trimmed.toLowerCase().replace(/^pg_catalog\./, "");
  // A length or precision is no part of a signature.
  const bare = lower.replace(/\s*\([\d\s,]*\)/, "");
  return typeNames[bare] ?? bare;
}

/** Splits at commas outside of quotes and brackets: `numeric(10, 2)` is one type. */
function splitTypes(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let part = "";
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === "(") depth++;
    else if (!quoted && character === ")") depth--;
    if (character === "," && !quoted && depth === 0) {
      parts.push(part);
      part = "";
    } else part += character;
  }
  return part.trim() === "" && parts.length === 0 ? [] : [...parts, part];
}

const form = /^("(?:[^"]|"")+"|[^"(]+)\((.*)\)$/s;

/** Undefined for a text that is no signature. The name is without quotes, the types as the server names them. */
export function parseSignature(signature: string): { name: string; types: string[] } | undefined {
  const parts = form.exec(signature.trim());
  if (parts === null) return undefined;
  const name = parts[1].trim();
  return {
    name: name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name,
    types: splitTypes(parts[2]).map(canonicalType),
  };
}

/** Equal for two ways of writing one routine: `total(int)`, `"total"(integer)`. */
export function signatureKey(signature: string): string {
  const parsed = parseSignature(signature);
  return parsed === undefined ? signature : JSON.stringify([parsed.name, ...parsed.types]);
}

/** With canonical types and single spaces, the name as it was written. */
export function canonicalSignature(signature: string): string {
  const parsed = parseSignature(signature);
  const name = form.exec(signature.trim())?.[1].trim();
  return parsed === undefined || name === undefined ? signature : `${name}(${parsed.types.join(", ")})`;
}
