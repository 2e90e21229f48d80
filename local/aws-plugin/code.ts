import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readZipEntry } from "../servers/zip";
import type { Asset } from "./values";

/** The file that every handler of ours is in. */
const HANDLER_FILE = "index.mjs";

function filesOf(code: Asset): Record<string, Buffer> {
  if (code.path !== undefined) return { [HANDLER_FILE]: readZipEntry(readFileSync(code.path), HANDLER_FILE) };
  return Object.fromEntries(
    Object.entries(code.assets ?? {}).map(([name, asset]) => {
      if (path.basename(name) !== name) throw new Error(`The code's file ${name} lies in a folder; none is needed.`);
      if (asset.path !== undefined) return [name, readFileSync(asset.path)];
      if (asset.text === undefined) throw new Error(`The code's file ${name} is neither a file nor a text.`);
      return [name, Buffer.from(asset.text)];
    }),
  );
}

/** Unpacks a function's code, as Lambda would. The folder is named by the content. */
export function unpack(code: Asset, directory: string): string {
  const files = Object.entries(filesOf(code));
  const hash = createHash("sha256");
  for (const [name, content] of files) hash.update(`${name}\0${content.length}\0`).update(content);
  const folder = path.join(directory, hash.digest("hex").slice(0, 32));
  if (existsSync(folder)) return folder;
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of files) writeFileSync(path.join(folder, name), content);
  return folder;
}
