import type { LoginClaim } from "../claims";
import { Refusal } from "../refusal";
import type { ParameterChange } from "../secret";
import type { PlanContext, PlannedChange } from "./context";

export interface ParameterPlan {
  parameterChanges: ParameterChange[];
  changes: PlannedChange[];
}

/** The names a claim publishes under, in a fixed order. */
export function parameterNames({ parameterPath, parameterPasswordKeyArn, database, auth }: LoginClaim): string[] {
  if (parameterPath === undefined) return [];
  const kinds = [
    "host",
    "port",
    ...(database === undefined ? [] : ["database"]),
    "username",
    ...(auth.kind === "password" ? ["secretArn"] : []),
    ...(parameterPasswordKeyArn === undefined ? [] : ["password"]),
  ];
  return kinds.map((kind) => `${parameterPath}/${kind}`);
}

/** What is known once the secret is there. */
export interface Published {
  username: string;
  secretArn?: string;
  /** Another password is or becomes current than the one that stands in the parameters. */
  passwordChanges: boolean;
}

/** Parameters that are no longer claimed go; those that are there and equal stay untouched. `before` is what was claimed. */
export function planParameters(
  context: Pick<PlanContext, "service" | "parameters">,
  claim: LoginClaim,
  before: readonly LoginClaim[],
  published: Published,
): ParameterPlan {
  const { host, port } = context.service;
  const names = parameterNames(claim);
  const formerNames = [...new Set(before.flatMap(parameterNames))];
  const values: Record<string, string | undefined> = {
    host,
    port: String(port),
    database: claim.database,
    username: published.username,
    secretArn: published.secretArn,
  };
  const changes: ParameterChange[] = [];
  for (const name of names) {
    const kind = name.slice(name.lastIndexOf("/") + 1);
    const present = context.parameters.get(name);
    if (present?.foreign === true)
      throw new Refusal(
        "ParameterTaken",
        `Parameter ${name} exists and does not belong to this login; choose another parameterPath.`,
        "parameterPath",
      );
    const create = present === undefined;
    if (kind === "password") {
      const kmsKeyArn = claim.parameterPasswordKeyArn ?? "";
      const another = before.some(({ parameterPasswordKeyArn: key = kmsKeyArn }) => key !== kmsKeyArn);
      if (create || another || published.passwordChanges) changes.push({ set: "password", name, kmsKeyArn, create });
    } else {
      const value = values[kind];
      // The ARN of a secret that is only about to be made is filled in when it is.
      if (value === undefined || create || present.value !== value)
        changes.push({ set: "text", name, value: value ?? "", create });
    }
  }
  const gone = formerNames.filter((name) => !names.includes(name) && context.parameters.has(name));
  changes.push(...gone.map((name): ParameterChange => ({ set: "nothing", name })));
  return { parameterChanges: changes, changes: words(claim.name, changes) };
}

/** Everything the claim has published, for its end. */
export const removeParameters = (context: PlanContext, claims: readonly LoginClaim[]): ParameterChange[] =>
  [...new Set(claims.flatMap(parameterNames))]
    .filter((name) => context.parameters.has(name))
    .map((name) => ({ set: "nothing", name }));

function words(login: string, changes: readonly ParameterChange[]): PlannedChange[] {
  const named = (kinds: ParameterChange["set"][]): string =>
    changes
      .filter(({ set }) => kinds.includes(set))
      .map(({ name }) => name)
      .join(", ");
  const written = named(["text", "password"]);
  const removed = named(["nothing"]);
  return [
    ...(written === "" ? [] : [{ verb: "alter" as const, words: `publish ${login} as ${written}` }]),
    ...(removed === "" ? [] : [{ verb: "alter" as const, words: `no longer publish ${login} as ${removed}` }]),
  ];
}
