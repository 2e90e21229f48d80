import { createHash } from "node:crypto";
import type { GrantClaim, LoginClaim } from "../../access/claims";
import type { FunctionConfig } from "../../config";
import { parameterNames } from "../../access/plan";
import type { DatabaseCreated } from "./event";
import { levelClaims } from "../level";

/** Whoever makes the event again for the same database and application means the same users. */
export const ownerOf = ({ database_name, application_name }: DatabaseCreated): string =>
  `database-created/${database_name}/${application_name}`;

/** Fits the shortest limit of all servers, MySQL's 32 characters. */
const MAX_USERNAME = 32;
const DIGEST = 8;

const digestOf = (...parts: string[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, DIGEST);

const wordsOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");

/** The same for the same application and database, and nobody else's, whatever the two are called. */
export function usernameOf({ application_name, database_name }: DatabaseCreated): string {
  const words = [application_name, database_name].map(wordsOf).filter((part) => part !== "");
  const readable = `app_${words.join("_")}`.slice(0, MAX_USERNAME - DIGEST - 1).replace(/_+$/, "");
  return `${readable}_${digestOf(application_name, database_name)}`;
}

const segmentOf = (text: string): string =>
  /^[A-Za-z0-9_.-]+$/.test(text) ? text : `${wordsOf(text)}_${digestOf(text)}`;

/** `<path>/<environment>/<project>/<application>/<database>`, without what the event does not name. */
function pathOf({ environment, project, application_name, database_name }: DatabaseCreated, base: string): string {
  const parts = [environment, project, application_name, segmentOf(database_name)];
  return [base, ...parts.filter((part) => part !== undefined)].join("/");
}

export function applicationLogin(event: DatabaseCreated, config: FunctionConfig): LoginClaim {
  const { parameterPath, parameterPasswordKeyArn } = config;
  return {
    kind: "login",
    name: usernameOf(event),
    auth: { kind: "password" },
    database: event.database_name,
    deletion: "drop",
    ...(parameterPath === undefined ? {} : { parameterPath: pathOf(event, parameterPath) }),
    ...(parameterPath === undefined || parameterPasswordKeyArn === undefined ? {} : { parameterPasswordKeyArn }),
  };
}

export const applicationGrants = (event: DatabaseCreated, config: FunctionConfig): GrantClaim[] =>
  levelClaims(config.family, {
    username: usernameOf(event),
    level: event.level ?? "readwrite",
    database: event.database_name,
    schema: event.schema,
  });

/** By what they hold, so that a program need not take names apart. */
export const parametersOf = (claim: LoginClaim): Record<string, string> =>
  Object.fromEntries(parameterNames(claim).map((name) => [keyOf(name.slice(name.lastIndexOf("/") + 1)), name]));

const keyOf = (kind: string): string => (kind === "secretArn" ? "secret_arn" : kind);
