import type { Claim, DatabaseClaim } from "../claims";
import { nameProblem, productWords, type NameKind } from "../names";
import { ownedProblems, type Checker, type Problem, type ValidationContext } from "./checker";
import { grantProblems } from "./grant";
import { loginProblems } from "./login";

export type { Problem, ValidationContext } from "./checker";

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
      ownedProblems(claim, check);
      break;
    case "role":
      name("role", "name", claim.name);
      ownedProblems(claim, check);
      break;
    case "database":
      databaseProblems(claim, check);
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
    case "migration":
      name("database", "database", claim.database);
      break;
    case "grant":
      grantProblems(claim, check);
      break;
  }
  return problems;
}

function databaseProblems(claim: DatabaseClaim, { context, known, add, name }: Checker): void {
  name("database", "name", claim.name);
  name("role", "owner", claim.owner);
  if (context.product !== "postgresql" && claim.revokePublic === true)
    add("revokePublic", `${productWords(context.product)} has no PUBLIC; remove revokePublic.`, "NotSupported");
  if (claim.charset !== undefined && known(claim.charset) && !/^[A-Za-z0-9_]+$/.test(claim.charset))
    add(
      "charset",
      `${JSON.stringify(claim.charset)} is not the name of a character set; use for example "utf8mb4" or "UTF8".`,
    );
}
