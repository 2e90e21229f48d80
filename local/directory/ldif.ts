/** One entry: attributes with one value or several. */
export interface LdifEntry {
  dn: string;
  attributes: Record<string, string | readonly string[]>;
}

/** All values in base64: then nothing in them means anything to whoever reads the file. */
const line = (name: string, value: string): string =>
  value === "" ? `${name}:` : `${name}:: ${Buffer.from(value, "utf8").toString("base64")}`;

export const ldif = (entries: readonly LdifEntry[]): string =>
  entries
    .map(({ dn, attributes }) =>
      [
        line("dn", dn),
        ...Object.entries(attributes).flatMap(([name, values]) => [values].flat().map((value) => line(name, value))),
        "",
      ].join("\n"),
    )
    .join("\n");
