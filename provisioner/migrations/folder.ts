import { inRunningOrder, parseFileName, type FileName } from "./file-name";
import { headerOf, type Header } from "./header";
import { canonicalText, hashOf, type TextProblem } from "./text";

/** One file of the folder, read. */
export interface MigrationFile extends FileName {
  sha256: string;
  text: string;
  header: Header;
}

/** Something about one file that has to be put right before anything runs. */
export interface FileProblem {
  file: string;
  words: string;
}

export interface Folder {
  /** In running order; `down` and `verify` stand beside the file they belong to. */
  files: MigrationFile[];
  problems: FileProblem[];
}

const textProblems: Record<TextProblem, string> = {
  notUtf8: "is not UTF-8; save it as UTF-8",
  nul: "holds a NUL character, which no server takes; is it a text file?",
  empty: "is empty; write a statement or remove it",
};

/** Reads what a folder holds. Other files than `*.sql` are let be: a README may stand beside the migrations. */
export function readFolder(entries: readonly { name: string; bytes: Uint8Array }[]): Folder {
  const files: MigrationFile[] = [];
  const problems: FileProblem[] = [];
  for (const { name, bytes } of entries) {
    if (!name.toLowerCase().endsWith(".sql")) continue;
    const parsed = parseFileName(name);
    if (parsed === undefined) {
      const words =
        "follows no rule for names; write 0001_what_it_does.sql, R__name.sql, 0001_what_it_does.down.sql or .verify.sql";
      problems.push({ file: name, words });
      continue;
    }
    const read = canonicalText(bytes);
    if ("problem" in read) {
      problems.push({ file: name, words: textProblems[read.problem] });
      continue;
    }
    const header = headerOf(read.text);
    for (const said of header.unknown)
      problems.push({
        file: name,
        words: `says "-- migrate: ${said}", which nobody knows; see the list of directives`,
      });
    files.push({ ...parsed, sha256: hashOf(read.text), text: read.text, header });
  }
  return { files: inRunningOrder(files), problems: [...problems, ...doubles(files), ...orphans(files)] };
}

function doubles(files: readonly MigrationFile[]): FileProblem[] {
  const seen = new Map<string, string>();
  const problems: FileProblem[] = [];
  for (const { name, kind, version } of inRunningOrder(files)) {
    if (version === undefined) continue;
    const key = `${kind}/${version}`;
    const other = seen.get(key);
    if (other === undefined) seen.set(key, name);
    else problems.push({ file: name, words: `has the same number as ${other}; give it the next free one` });
  }
  return problems;
}

/** A way back, or a check, of a file that is not there. */
function orphans(files: readonly MigrationFile[]): FileProblem[] {
  const names = new Set(files.map(({ name }) => name));
  return files.flatMap(({ name, kind }) => {
    if (kind !== "down" && kind !== "verify") return [];
    const of = mainNameOf(name);
    return names.has(of) ? [] : [{ file: name, words: `belongs to ${of}, which is not there` }];
  });
}

/** The file that a `down` or `verify` file belongs to. */
export const mainNameOf = (name: string): string => name.replace(/\.(?:down|verify)\.sql$/, ".sql");
