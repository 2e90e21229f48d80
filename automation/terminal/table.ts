import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";

/** One rule under the head and two blanks between columns: readable, and easy to cut with other tools. */
const light = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

export function plainTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const width = head.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column])].map((cell) => stripVTControlCharacters(cell).length)),
  );
  const table = new Table({
    chars: light,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  table.push(
    [...head],
    width.map((columns) => "─".repeat(columns)),
    ...rows.map((row) => [...row]),
  );
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

export const indented = (text: string, by = "  "): string =>
  text
    .split("\n")
    .map((line) => (line === "" ? line : by + line))
    .join("\n");
