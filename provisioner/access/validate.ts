import type { Claim, GrantClaim, LoginClaim, Target } from "./claims";
import { granteeName } from "./claims";
import { hostProblem, nameProblem, productWords, type NameKind } from "./names";
import { canonicalPrivilege, privilegesOf, sinceOf } from "./privileges";
import { LEDGER_NAME } from "./names";
import type { Product } from "./server";
import { templateNames, templatePrivileges } from "./templates";

export interface Problem {
  code: "InvalidInput" | "NameTooLong" | "ReservedName" | "UnknownPrivilege" | "NotSupported" | "SecretNameRefused";
  /** The input property of the resource, for example `on.tables[0]` or `secret.name`. */
  property: string;
  /** One sentence: what is wrong with which value, and the fix. */
  message: string;
}

/** What is known when a claim is checked. Offline the version is not. */
export interface ValidationContext {
  product: Product;
  versionNumber?: number;
  secretNamePrefixes: readonly string[];
  /** Names that are unknown at preview are not checked: the caller passes a placeholder test. */
  isUnknown?: (value: unknown) => boolean;
}

const arrayOfText = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((part) => typeof part === "string");

/** Everything that can be said about a claim without asking anybody. All problems at once. */
export function claimProblems(claim: Claim, context: ValidationContext): Problem[] {
  const problems: Problem[] = [];
  const known = (value: unknown): boolean => value !== undefined && !(context.isUnknown?.(value) ?? false);
  const add = (property: string, message: string, code: Problem["code"] = "InvalidInput"): void => {
    problems.push({ code, property, message });
  };
  const name = (kind: NameKind, property: string, value: unknown): void => {
    if (!known(value)) return;
    const problem = nameProblem(kind, value, context.product);
    if (problem !== undefined) problems.push({ ...problem, property });
  };
  const check: Checker = { context, known, add, name };
  switch (claim.kind) {
    case "login":
      loginProblems(claim, check);
      break;
    case "role":
      name("role", "name", claim.name);
      break;
    case "database":
      name("database", "name", claim.name);
      name("role", "owner", claim.owner);
      if (context.product !== "postgresql" && claim.revokePublic === true)
        add("revokePublic", `${productWords(context.product)} has no PUBLIC; remove revokePublic.`, "NotSupported");
      if (claim.charset !== undefined && known(claim.charset) && !/^[A-Za-z0-9_]+$/.test(claim.charset))
        add(
          "charset",
          `${JSON.stringify(claim.charset)} is not the name of a character set; use for example "utf8mb4" or "UTF8".`,
        );
      break;
    case "schema":
      if (context.product !== "postgresql")
        add(
          "name",
          `${productWords(context.product)} has no schemas inside a database; use DbDatabase.`,
          "NotSupported",
        );
      name("database", "database", claim.database);
      name("schema", "name", claim.name);
      name("role", "owner", claim.owner);
      break;
    case "grant":
      grantProblems(claim, check);
      break;
  }
  return problems;
}

interface Checker {
  context: ValidationContext;
  known: (value: unknown) => boolean;
  add: (property: string, message: string, code?: Problem["code"]) => void;
  name: (kind: NameKind, property: string, value: unknown) => void;
}

function loginProblems(claim: LoginClaim, { context, known, add, name }: Checker): void {
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
  if (known(claim.passwordVersion) && !Number.isSafeInteger(claim.passwordVersion))
    add(
      "passwordVersion",
      `passwordVersion is ${JSON.stringify(claim.passwordVersion)}; give a whole number and raise it by one for a reset.`,
    );
  if (known(claim.auth) && claim.auth.kind === "iam") {
    if (claim.requireTls === false) add("requireTls", "An IAM login always uses TLS; remove requireTls.");
    if (known(claim.passwordVersion)) add("passwordVersion", "An IAM login has no password; remove passwordVersion.");
  }
  if (known(claim.auth) && claim.auth.kind === "password") secretProblems(claim, { context, known, add, name });
}

function secretProblems(claim: LoginClaim, { context, known, add }: Checker): void {
  const secret = claim.auth.kind === "password" ? claim.auth.secret : undefined;
  if (secret === undefined || !known(secret)) return;
  if (known(secret.name)) {
    const value = secret.name ?? "";
    if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(value))
      add("auth.secret.name", `${JSON.stringify(value)} is not a secret name; use letters, digits and / _ + = . @ -.`);
    else if (!context.secretNamePrefixes.some((prefix) => value.startsWith(prefix)))
      add(
        "auth.secret.name",
        `${JSON.stringify(value)} is outside the prefixes this provisioner may write (${context.secretNamePrefixes.join(", ")}); begin the name with one of them.`,
        "SecretNameRefused",
      );
    else if (/-[A-Za-z0-9]{6}$/.test(value))
      add(
        "auth.secret.name",
        `${JSON.stringify(value)} ends with a hyphen and six characters, which Secrets Manager confuses with the end of an ARN; change the end.`,
      );
  }
  if (known(secret.recoveryDays)) {
    const days = secret.recoveryDays ?? 7;
    if (!Number.isInteger(days) || !(days === 0 || (days >= 7 && days <= 30)))
      add("auth.secret.recoveryDays", `recoveryDays is ${days}; give 7 to 30, or 0 for immediate deletion.`);
  }
}

function grantProblems(claim: GrantClaim, { context, known, add, name }: Checker): void {
  const { product } = context;
  if (known(claim.grantee)) {
    name("login", "grantee", known(claim.grantee) ? granteeName(claim.grantee) : undefined);
    if (typeof claim.grantee === "object") {
      if (product === "postgresql")
        add("grantee", "PostgreSQL grantees have no host; give the name as a text.", "NotSupported");
      else {
        const problem = known(claim.grantee.host) ? hostProblem(claim.grantee.host) : undefined;
        if (problem !== undefined) add("grantee.host", problem.message, problem.code);
      }
    }
  }
  if (!known(claim.on)) return;
  targetProblems(claim.on, { context, known, add, name });
  privilegeProblems(claim, { context, known, add, name });
  if (product !== "postgresql" && claim.cascade === true)
    add("cascade", `${productWords(product)} keeps grants made by others; remove cascade.`, "NotSupported");
  if (claim.on.kind === "role" && claim.withGrantOption === true)
    add("withGrantOption", "A membership is passed on with on.admin; remove withGrantOption.");
}

function targetProblems(on: Target, { context, known, add, name }: Checker): void {
  const { product } = context;
  const words = productWords(product);
  const reserved = (property: string, value: unknown): void => {
    if (typeof value === "string" && value.toLowerCase() === LEDGER_NAME)
      add(property, `${JSON.stringify(value)} is db-access's own ledger and is never granted on.`, "ReservedName");
  };
  switch (on.kind) {
    case "database":
      name("database", "on.database", on.database);
      break;
    case "schema":
      if (product !== "postgresql") add("on.kind", `${words} has no schemas; use on.kind "database".`, "NotSupported");
      name("database", "on.database", on.database);
      name("schema", "on.schema", on.schema);
      break;
    case "tables":
      name("database", "on.database", on.database);
      if (product === "postgresql") {
        if (on.schema === undefined)
          add("on.schema", 'on.schema is missing; PostgreSQL tables live in a schema, for example "public".');
        name("schema", "on.schema", on.schema);
      } else {
        if (on.schema !== undefined) add("on.schema", `${words} has no schemas; remove on.schema.`, "NotSupported");
        if (on.future !== undefined)
          add(
            "on.future",
            `${words} has no default privileges; tables: "*" covers future tables already. Remove on.future.`,
            "NotSupported",
          );
      }
      reserved("on.schema", on.schema);
      if (known(on.tables) && on.tables !== "*") {
        if (!Array.isArray(on.tables) || on.tables.length === 0)
          add("on.tables", 'on.tables must be "*" or a list of at least one table.');
        else on.tables.forEach((table, index) => name("relation", `on.tables[${index}]`, table));
      }
      if (known(on.future)) {
        const creators = on.future?.createdBy;
        if (known(creators) && (!Array.isArray(creators) || creators.length === 0))
          add("on.future.createdBy", "on.future.createdBy must name at least one role whose future tables are meant.");
        else if (arrayOfText(creators))
          creators.forEach((role, index) => name("role", `on.future.createdBy[${index}]`, role));
      }
      break;
    case "role":
      name("role", "on.role", on.role);
      if (product === "postgresql" && on.default !== undefined)
        add("on.default", "PostgreSQL memberships are always active; remove on.default.", "NotSupported");
      if (product !== "postgresql" && (on.inherit !== undefined || on.set !== undefined))
        add("on.inherit", `${words} memberships have neither inherit nor set; use on.default.`, "NotSupported");
      if (
        product === "postgresql" &&
        context.versionNumber !== undefined &&
        context.versionNumber < 160000 &&
        (on.inherit !== undefined || on.set !== undefined)
      )
        add("on.inherit", "inherit and set of a membership came with PostgreSQL 16; remove them.", "NotSupported");
      break;
  }
}

function privilegeProblems(claim: GrantClaim, { context, known, add }: Checker): void {
  const { product, versionNumber } = context;
  const kind = claim.on.kind;
  const given = claim.privileges !== undefined;
  if (kind === "role") {
    if (given || claim.template !== undefined)
      add(
        given ? "privileges" : "template",
        "A membership has no privileges; remove it, or use another kind of target.",
      );
    return;
  }
  if (given && claim.template !== undefined) {
    add("template", "privileges and template are both given; keep one of them.");
    return;
  }
  if (!given && claim.template === undefined) {
    add(
      "privileges",
      `Neither privileges nor template is given; name for example ["${privilegesOf(product, kind)[0] ?? "SELECT"}"].`,
    );
    return;
  }
  if (known(claim.template) && templatePrivileges(product, kind, claim.template ?? "") === undefined)
    add(
      "template",
      templateNames.includes(claim.template ?? "")
        ? `Template ${JSON.stringify(claim.template)} has no meaning for ${kind} on ${productWords(product)}; list the privileges.`
        : `Template ${JSON.stringify(claim.template)} is not known; use one of ${templateNames.join(", ")}.`,
    );
  if (!known(claim.privileges)) return;
  if (!Array.isArray(claim.privileges) || claim.privileges.length === 0) {
    add("privileges", "privileges is empty; list at least one, or remove the grant.");
    return;
  }
  const ever = privilegesOf(product, kind);
  const now = privilegesOf(product, kind, versionNumber);
  claim.privileges.forEach((privilege, index) => {
    if (!known(privilege)) return;
    const canonical = typeof privilege === "string" ? canonicalPrivilege(privilege) : "";
    if (canonical === "ALL" || now.includes(canonical)) return;
    const since = sinceOf(product, kind, canonical);
    add(
      `privileges[${index}]`,
      ever.includes(canonical) && since !== undefined
        ? `${canonical} came with ${productWords(product)} ${Math.floor(since / 10000)}; this server is older. Remove it.`
        : `${JSON.stringify(privilege)} is not a privilege of ${kind} on ${productWords(product)}; use one of ${now.join(", ")} or ALL.`,
      "UnknownPrivilege",
    );
  });
}
