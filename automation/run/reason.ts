import { errorCodes } from "../../provisioner/protocol";
import type { EngineMessage, Reason } from "./messages";

const coded = new RegExp(`\\b(${errorCodes.join("|")}): ([^\\n]+)`);

/** The engine's own closing words, which say nothing about the cause. */
const closing =
  /^(update|preview|refresh|destroy|resource monitor|resource registration|running program).*(failed|shut down|canceled)/i;

/** Why a run failed, from its diagnostics; the command's own text is the last resort. */
export function reasonOf(messages: readonly EngineMessage[], failure: string): Reason {
  const errors = messages.filter((message) => message.severity === "error");
  for (const { text, resource } of errors) {
    const found = coded.exec(text);
    if (found !== null) return withResource({ code: found[1], message: found[2].trim() }, resource);
  }
  const telling = errors.find(({ text }) => !closing.test(text)) ?? errors[0];
  if (telling !== undefined)
    return withResource({ code: "ProgramFailed", message: oneLine(telling.text) }, telling.resource);
  return { code: "EngineFailed", message: oneLine(failure) };
}

const withResource = (reason: Reason, resource: string | undefined): Reason =>
  resource === undefined ? reason : { ...reason, resource };

/** An exception's text begins with its message; what follows is its stack. */
function oneLine(text: string): string {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^at .*[:)]/.test(line));
  const meant = lines.find((line) => /^(\w*Error|error):/i.test(line)) ?? lines[0] ?? "no reason given";
  return meant.replace(/^error:\s*/i, "").replace(/^Error:\s*/, "");
}
