import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * The bootstrap as a file plain `node` can run. In the package it is the compiled neighbour of this file; in the
 * checkout, where the stack runs from sources, esbuild (a development dependency) translates it into the directory.
 */
export async function bootstrapFile(directory: string): Promise<string> {
  if (!__filename.endsWith(".ts")) return path.join(__dirname, "bootstrap.js");
  const { transform } = await import("esbuild");
  const source = readFileSync(path.join(__dirname, "bootstrap.ts"), "utf8");
  const { code } = await transform(source, { loader: "ts", format: "cjs", platform: "node", target: "node20" });
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, "bootstrap.cjs");
  writeFileSync(file, code);
  return file;
}
