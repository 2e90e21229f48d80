const compiled = new Map<string, RegExp>();

/** `*` stands for any number of characters, `?` for one. Everything else stands for itself. */
export function matchesPattern(pattern: string, text: string, flags: "" | "i" = ""): boolean {
  const key = `${flags}/${pattern}`;
  let expression = compiled.get(key);
  if (expression === undefined) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", "[^]*")
      .replaceAll("?", "[^]");
    expression = new RegExp(`^${source}$`, flags);
    compiled.set(key, expression);
  }
  return expression.test(text);
}

/** An ARN's six parts. What follows the fifth colon is one part, whatever it holds. */
function arnParts(arn: string): string[] {
  const parts = arn.split(":");
  return [...parts.slice(0, 5), parts.slice(5).join(":")];
}

/** IAM User Guide, ARN condition operators: each of the six parts is compared by itself and may hold wildcards. */
export function matchesArn(pattern: string, arn: string): boolean {
  const parts = arnParts(arn);
  return arnParts(pattern).every((part, index) => matchesPattern(part, parts[index] ?? ""));
}
