import type { LoginClaim } from "../claims";
import { hostProblem, productWords } from "../names";
import { settingList } from "../settings";
import type { Checker } from "./checker";
import { parameterProblems } from "./parameters";
import { rotationProblems } from "./rotation";
import { secretProblems } from "./secret";

export function loginProblems(claim: LoginClaim, { context, known, add, name }: Checker): void {
  const { product } = context;
  const words = productWords(product);
  name("login", "username", claim.name);
  name("database", "database", claim.database);
  if (known(claim.hosts)) {
    if (product === "postgresql") add("hosts", "PostgreSQL logins have no hosts; remove hosts.", "NotSupported");
    else if (!Array.isArray(claim.hosts) || claim.hosts.length === 0)
      add("hosts", 'hosts must list at least one host, for example ["%"].');
    else {
      claim.hosts.forEach((host, index) => {
        const problem = known(host) ? hostProblem(host) : undefined;
        if (problem !== undefined) add(`hosts[${index}]`, problem.message, problem.code);
      });
      if (new Set(claim.hosts).size !== claim.hosts.length)
        add("hosts", `hosts names the same host twice: ${claim.hosts.join(", ")}.`);
    }
  }
  if (known(claim.validUntil)) {
    if (product !== "postgresql")
      add("validUntil", `${words} has no validUntil; use passwordExpires (days).`, "NotSupported");
    else if (Number.isNaN(Date.parse(claim.validUntil ?? "")))
      add("validUntil", `${JSON.stringify(claim.validUntil)} is not a time; write it as 2027-01-31T00:00:00Z.`);
  }
  if (known(claim.passwordExpires)) {
    if (product === "postgresql")
      add("passwordExpires", "PostgreSQL has no passwordExpires; use validUntil (a time).", "NotSupported");
    else if (
      !Number.isInteger(claim.passwordExpires) ||
      (claim.passwordExpires ?? 0) < 0 ||
      (claim.passwordExpires ?? 0) > 65535
    )
      add("passwordExpires", `passwordExpires is ${claim.passwordExpires}; give whole days from 0 (never) to 65535.`);
  }
  if (known(claim.connectionLimit) && (!Number.isInteger(claim.connectionLimit) || (claim.connectionLimit ?? 0) < 1))
    add(
      "connectionLimit",
      `connectionLimit is ${claim.connectionLimit}; give a whole number of at least 1, or leave it out for no limit.`,
    );
  limitProblems(claim, { context, known, add, name });
  settingProblems(claim, { context, known, add, name });
  if (known(claim.passwordVersion) && !Number.isSafeInteger(claim.passwordVersion))
    add(
      "passwordVersion",
      `passwordVersion is ${JSON.stringify(claim.passwordVersion)}; give a whole number and raise it by one for a reset.`,
    );
  if (known(claim.auth) && claim.auth.kind === "iam") {
    if (claim.requireTls === false) add("requireTls", "An IAM login always uses TLS; remove requireTls.");
    if (known(claim.passwordVersion)) add("passwordVersion", "An IAM login has no password; remove passwordVersion.");
  }
  secretProblems(claim, { context, known, add, name });
  rotationProblems(claim, { context, known, add, name });
  parameterProblems(claim, { context, known, add, name });
}

const limitNames = ["queriesPerHour", "updatesPerHour", "connectionsPerHour"] as const;

function limitProblems({ limits }: LoginClaim, { context, known, add }: Checker): void {
  if (limits === undefined || !known(limits)) return;
  if (context.product === "postgresql")
    return add("limits", "PostgreSQL has no limits per hour; use connectionLimit.", "NotSupported");
  for (const key of limitNames) {
    const value = limits[key];
    if (known(value) && (!Number.isInteger(value) || (value ?? 0) < 0 || (value ?? 0) > 4_294_967_295))
      add(`limits.${key}`, `limits.${key} is ${JSON.stringify(value)}; give a whole number, 0 for no limit.`);
  }
}

/** Their values would change who a session is, which is what grants and memberships say. */
const identitySettings = ["role", "session_authorization"];

function settingProblems({ settings }: LoginClaim, { context, known, add }: Checker): void {
  if (settings === undefined || !known(settings)) return;
  if (context.product !== "postgresql")
    return add(
      "settings",
      `${productWords(context.product)} keeps no settings for a login; set them when connecting.`,
      "NotSupported",
    );
  const seen = new Set<string>();
  for (const [key, value] of Object.entries(settings)) {
    const canonical = key.toLowerCase();
    if (!/^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)*$/.test(canonical))
      add("settings", `${JSON.stringify(key)} is not the name of a setting; write for example "statement_timeout".`);
    else if (identitySettings.includes(canonical))
      add("settings", `${key} changes who the login is; use DbGrant with a membership instead.`, "NotSupported");
    else if (seen.has(canonical)) add("settings", `${key} is given twice, in different cases; keep one.`);
    else if (known(value) && (typeof value !== "string" || value.includes("\u0000")))
      add("settings", `The value of ${key} must be a text without null characters.`);
    else if (known(value) && settingList(canonical, value) === "malformed")
      add("settings", `The value of ${key} is no list of names; write for example app, "My Schema".`);
    seen.add(canonical);
  }
}
