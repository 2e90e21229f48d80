import { findings, type FindingKind } from "./finding";

/** What a file says of itself, in comment lines at its top: `-- migrate: no-transaction`, `-- migrate: allow drop-table`. */
export interface Header {
  /** PostgreSQL: each statement by itself, for what cannot run in a transaction. */
  noTransaction: boolean;
  /** What the author knows and wants although it is destructive or blocks. */
  allows: FindingKind[];
  /** Directives that nobody knows, as written. */
  unknown: string[];
}

const directive = /^--\s*migrate:\s*(.*?)\s*$/;

/** Directives stand before the first statement: one in the middle of a file would be read by people as meant for what follows. */
export function headerOf(text: string): Header {
  const header: Header = { noTransaction: false, allows: [], unknown: [] };
  for (const line of text.split("\n")) {
    const trimmed = line.trim();
    if (trimmed !== "" && !trimmed.startsWith("--")) break;
    const said = directive.exec(trimmed)?.[1];
    if (said !== undefined) read(said, header);
  }
  return header;
}

function read(said: string, header: Header): void {
  if (said === "no-transaction") header.noTransaction = true;
  else if (/^allow\s/.test(said))
    for (const word of said.slice("allow".length).split(/[\s,]+/)) {
      const finding = findings.find((known) => known === word);
      if (finding !== undefined) header.allows.push(finding);
      else if (word !== "") header.unknown.push(`allow ${word}`);
    }
  else header.unknown.push(said);
}
