import type { LoginClaim } from "../../provisioner/protocol";
import type { Ask } from "../support/world";
import type { Place } from "./place";

/** What one case works on. Every case has names of its own, so that one server serves all. */
export interface Names {
  /** Everything that belongs to the case begins with it, or contains it. */
  prefix: string;
  user: string;
  /** The user that takes the place of `user`. */
  successor: string;
  secret: string;
}

export const namesOf = (number: number): Names => {
  const prefix = `case${number}_`;
  return { prefix, user: `${prefix}user`, successor: `${prefix}successor`, secret: `orders/${prefix}secret` };
};

/** One step of a person or of Pulumi. Resolves with undefined when it says that it is done, else with the reason. */
export type Step = (place: Place) => Promise<string | undefined>;

/** A user as it has to be in the end. */
export interface Login {
  claim: LoginClaim;
  /** The name of its one secret; without it, no password logs in. */
  secret?: string;
  /** What it is on the server. Default: one account of its name. */
  accounts?: string[];
  /** Whom the secret may name. Default: the login itself. */
  active?: string[];
}

/** How credentials come into being, change and end. One entry is one row of the table for each of its calls. */
export interface Protocol {
  name: string;
  /** Where it exists. */
  engines: readonly Place["world"]["product"][];
  /** Where the brief part has it, when its statements are another protocol's and one server says enough. */
  briefly?: readonly Place["world"]["product"][];
  /** Why it does not exist on the others. */
  elsewhere?: string;
  /** What has to be there before. */
  prepare(names: Names): Ask[];
  /** What somebody does by hand then. */
  meanwhile?(place: Place, names: Names): Promise<void>;
  /** Begun again where it failed, as Pulumi does. */
  steps(names: Names): Step[];
  /** All there is of the case in the end. */
  expected(names: Names): Login[];
  /** What an apply has to find unchanged then. */
  settled(names: Names): Ask[];
  /** Where the next case has to begin without what this one has left. */
  after?(place: Place, names: Names): Promise<void>;
}

export const everywhere = ["postgresql", "mysql", "mariadb"] as const;

export const login = (names: Names, more: Partial<LoginClaim> = {}): LoginClaim => ({
  kind: "login",
  name: names.user,
  auth: { kind: "password", secret: { name: names.secret, recoveryDays: 0 } },
  passwordVersion: 1,
  deletion: "drop",
  ...more,
});

export const applied =
  (ask: Ask): Step =>
  async (place) => {
    const results = await place.ask("apply", [ask]);
    if (typeof results === "string") return results;
    const [{ status, error }] = results;
    if (status === "done" || status === "unchanged") return undefined;
    return error === undefined ? status : `${error.code}: ${error.message}`;
  };

export const ensured = (claim: LoginClaim): Step => applied({ claim });
export const removed = (claim: LoginClaim): Step => applied({ claim, action: "remove" });

/** A login whose protocol leads from one claim of it to another. */
export const between = (
  name: string,
  from: (names: Names) => LoginClaim | undefined,
  to: (names: Names) => LoginClaim,
): Protocol => ({
  name,
  engines: everywhere,
  prepare: (names) => {
    const claim = from(names);
    return claim === undefined ? [] : [{ claim }];
  },
  steps: (names) => [ensured(to(names))],
  expected: (names) => {
    const claim = to(names);
    return [{ claim, ...(claim.auth.kind === "password" ? { secret: names.secret } : {}) }];
  },
  settled: (names) => [{ claim: to(names) }],
});

export const isOn = ({ engines, briefly = engines }: Protocol, spec: string, inBrief: boolean): boolean =>
  (inBrief ? briefly : engines).some((engine) => engine === spec.split("@")[0]);
