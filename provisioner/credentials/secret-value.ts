/** What a secret's text says of a login. */
export interface SecretValue {
  /** Undefined in a secret that holds nothing but a password. */
  username?: string;
  password: string;
}

/** A JSON object with `password` and perhaps `username`, or a text that is the password itself. */
export function parseValue(text: string): SecretValue | undefined {
  const value = parseObject(text);
  if (value === undefined) return text === "" ? undefined : { password: text };
  const { username, password } = value;
  if (typeof password !== "string" || password === "") return undefined;
  return { password, ...(typeof username === "string" ? { username } : {}) };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
