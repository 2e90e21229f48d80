import type { Limits, LoginClaim } from "../claims";
import type { LoginAttributes } from "../operation";
import type { AccountState } from "../server";
import { canonicalSetting } from "../settings";
import type { PlanContext } from "./context";

const noLimits: Required<Limits> = { queriesPerHour: 0, updatesPerHour: 0, connectionsPerHour: 0 };

type Wanted = Required<Pick<LoginAttributes, "connectionLimit" | "locked">> & LoginAttributes;

/** Every attribute, with the defaults of what the claim leaves out. Settings that nobody names are let be. */
export function wantedAttributes(context: PlanContext, claim: LoginClaim): Wanted {
  const common = { connectionLimit: claim.connectionLimit ?? null, locked: claim.locked ?? false };
  return context.facts.family === "postgresql"
    ? { ...common, validUntil: claim.validUntil ?? null, settings: claim.settings ?? {} }
    : {
        ...common,
        passwordExpires: claim.passwordExpires ?? null,
        requireTls: claim.auth.kind === "iam" ? true : (claim.requireTls ?? true),
        limits: { ...noLimits, ...claim.limits },
      };
}

/** Only what differs. `before` is what the claim's row says was asked for until now. */
export function attributeDifference(
  wanted: LoginAttributes,
  known: AccountState,
  before: LoginClaim | undefined,
): LoginAttributes {
  const difference: LoginAttributes = {};
  if (wanted.connectionLimit !== known.connectionLimit) difference.connectionLimit = wanted.connectionLimit;
  if (wanted.locked !== known.locked) difference.locked = wanted.locked;
  if (wanted.validUntil !== undefined && wanted.validUntil !== known.validUntil)
    difference.validUntil = wanted.validUntil;
  if (wanted.passwordExpires !== undefined && wanted.passwordExpires !== known.passwordExpires)
    difference.passwordExpires = wanted.passwordExpires;
  if (wanted.requireTls !== undefined && wanted.requireTls !== known.requireTls)
    difference.requireTls = wanted.requireTls;
  if (wanted.limits !== undefined && !sameLimits(wanted.limits, known.limits ?? noLimits))
    difference.limits = wanted.limits;
  const settings = settingDifference(wanted.settings ?? {}, known.settings ?? {}, before?.settings ?? {});
  if (Object.keys(settings).length > 0) difference.settings = settings;
  return difference;
}

const sameLimits = (a: Required<Limits>, b: Required<Limits>): boolean =>
  a.queriesPerHour === b.queriesPerHour &&
  a.updatesPerHour === b.updatesPerHour &&
  a.connectionsPerHour === b.connectionsPerHour;

/** A setting that the claim had and has no more is taken away; what it never named stays. */
function settingDifference(
  wanted: Record<string, string | null>,
  known: Record<string, string>,
  before: Record<string, string>,
): Record<string, string | null> {
  const changed = Object.entries(wanted).filter(
    ([name, value]) => value !== null && canonicalSetting(name, value) !== known[name],
  );
  const gone = Object.keys(before).filter((name) => !(name in wanted) && name in known);
  return Object.fromEntries([...changed, ...gone.map((name) => [name, null] as const)]);
}

export const attributeWords = (attributes: LoginAttributes): string[] => {
  const words: string[] = [];
  if (attributes.connectionLimit !== undefined)
    words.push(
      attributes.connectionLimit === null
        ? "any number of connections"
        : `at most ${attributes.connectionLimit} connections`,
    );
  if (attributes.limits !== undefined) words.push(...limitWords(attributes.limits));
  if (attributes.validUntil !== undefined)
    words.push(attributes.validUntil === null ? "valid for ever" : `valid until ${attributes.validUntil}`);
  if (attributes.passwordExpires !== undefined)
    words.push(
      attributes.passwordExpires === null
        ? "password expiry as the server's default"
        : attributes.passwordExpires === 0
          ? "password never expires"
          : `password expires after ${attributes.passwordExpires} days`,
    );
  if (attributes.requireTls !== undefined) words.push(attributes.requireTls ? "TLS required" : "TLS not required");
  if (attributes.locked !== undefined) words.push(attributes.locked ? "locked" : "not locked");
  for (const [name, value] of Object.entries(attributes.settings ?? {}))
    words.push(value === null ? `no ${name} of its own` : `${name} = ${value}`);
  return words;
};

function limitWords({ queriesPerHour, updatesPerHour, connectionsPerHour }: Required<Limits>): string[] {
  const limits = { queries: queriesPerHour, updates: updatesPerHour, connections: connectionsPerHour };
  const limited = Object.entries(limits).filter(([, limit]) => limit > 0);
  return limited.length === 0
    ? ["no limits per hour"]
    : limited.map(([what, limit]) => `at most ${limit} ${what} an hour`);
}

/** For the words of a creation: what is the default goes without saying. */
export const onlyChosen = (attributes: LoginAttributes): LoginAttributes => ({
  ...(attributes.connectionLimit === null ? {} : { connectionLimit: attributes.connectionLimit }),
  ...(attributes.locked === true ? { locked: true } : {}),
  ...(attributes.validUntil === null ? {} : { validUntil: attributes.validUntil }),
  ...(attributes.passwordExpires === null ? {} : { passwordExpires: attributes.passwordExpires }),
  ...(attributes.requireTls === true ? { requireTls: true } : {}),
  ...(attributes.limits === undefined || sameLimits(attributes.limits, noLimits) ? {} : { limits: attributes.limits }),
  ...(attributes.settings === undefined ? {} : { settings: attributes.settings }),
});
