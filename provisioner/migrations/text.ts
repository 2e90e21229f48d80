import { createHash } from "node:crypto";

export type TextProblem = "notUtf8" | "nul" | "empty";

/**
 * What the server is sent: the same for everybody who checks the file out. A byte order mark is not SQL, and line ends
 * are a setting of somebody's version control.
 */
export function canonicalText(bytes: Uint8Array): { text: string } | { problem: TextProblem } {
  let text: string;
  try {
    // The decoder takes the byte order mark away.
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { problem: "notUtf8" };
  }
  if (text.includes("\0")) return { problem: "nul" };
  const canonical = text.replaceAll("\r\n", "\n");
  return canonical.trim() === "" ? { problem: "empty" } : { text: canonical };
}

/** Of the canonical text, in hexadecimal. */
export const hashOf = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");
