import { DbAccessError } from "../errors";
import type { Variables } from "../protocol/migrations";
import type { FileProblem, MigrationFile } from "./folder";

/** How a server writes a name and a text. Throws InvalidInput or NameTooLong for what it cannot hold. */
export interface Quoting {
  identifier(name: string): string;
  literal(text: string): string;
}

export interface Rendered {
  files: MigrationFile[];
  problems: FileProblem[];
}

/** `${name}`, and `$${name}` for the text itself. What else stands in braces is the file's own. */
const place = /\$(\$?)\{([A-Za-z][A-Za-z0-9_]{0,62})\}/g;

/** The files as the server is sent them. Without declared variables nothing in them means anything to us. */
export function renderFiles(
  files: readonly MigrationFile[],
  variables: Variables | undefined,
  quoting: Quoting,
): Rendered {
  if (variables === undefined) return { files: [...files], problems: [] };
  const problems: FileProblem[] = [];
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(variables)) {
    const written = write(value, quoting);
    if ("sql" in written) values.set(name, written.sql);
    else problems.push({ file: `variables.${name}`, words: written.problem });
  }
  const known = Object.keys(variables);
  const rendered = files.map((file) => {
    const missing = new Set<string>();
    const text = file.text.replace(place, (whole, escaped: string, name: string) => {
      if (escaped !== "") return whole.slice(1);
      if (!known.includes(name)) missing.add(name);
      return values.get(name) ?? whole;
    });
    for (const name of missing)
      problems.push({
        file: file.name,
        words: `uses \${${name}}, and variables has ${known.length === 0 ? "none" : `only ${known.join(", ")}`}; declare it, or write $\${${name}} for the text itself`,
      });
    return { ...file, text };
  });
  return { files: rendered, problems };
}

function write(value: Variables[string], quoting: Quoting): { sql: string } | { problem: string } {
  try {
    if ("identifier" in value) return { sql: quoting.identifier(value.identifier) };
    return { sql: typeof value.literal === "string" ? quoting.literal(value.literal) : plain(value.literal) };
  } catch (error) {
    if (!(error instanceof DbAccessError)) throw error;
    return { problem: `cannot be written: ${error.message.replace(/\.$/, "")}` };
  }
}

function plain(value: number | boolean): string {
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (!Number.isFinite(value)) throw new DbAccessError("InvalidInput", "SQL has no such number.");
  // A minus after a minus would begin a comment.
  return value < 0 ? `(${value})` : String(value);
}
