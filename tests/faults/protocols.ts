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
}

/** How credentials come into being, change and end. One entry is one row of the table for each of its calls. */
export interface Protocol {
  name: string;
  /** Where it exists. */
  engines: readonly World["product"][];
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

type World = Place["world"];

const everywhere = ["postgresql", "mysql", "mariadb"] as const;

const login = (names: Names, more: Partial<LoginClaim> = {}): LoginClaim => ({
  kind: "login",
  name: names.user,
  auth: { kind: "password", secret: { name: names.secret, recoveryDays: 0 } },
  passwordVersion: 1,
  deletion: "drop",
  ...more,
});

const applied =
  (ask: Ask): Step =>
  async (place) => {
    const results = await place.ask("apply", [ask]);
    if (typeof results === "string") return results;
    const [{ status, error }] = results;
    if (status === "done" || status === "unchanged") return undefined;
    return error === undefined ? status : `${error.code}: ${error.message}`;
  };

const ensured = (claim: LoginClaim): Step => applied({ claim });
const removed = (claim: LoginClaim): Step => applied({ claim, action: "remove" });

/** A login whose protocol leads from one claim of it to another. */
const between = (
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

const iam = ({ user }: Names): LoginClaim => ({ kind: "login", name: user, auth: { kind: "iam" }, deletion: "drop" });

/** The first IAM user of a cluster is the one that could lock the provisioner out, so every case has the first. */
const onlyWhereIamIs = {
  engines: ["postgresql"] as const,
  elsewhere: "IAM logins need AWS's plugin, which does not exist outside of AWS",
  after: (place: Place, names: Names): Promise<void> => forget(place, iam(names)),
};

async function forget(place: Place, claim: LoginClaim): Promise<void> {
  await place.askMany("apply", [{ claim, action: "remove" }]);
}

async function dropLedger({ looker, world }: Place): Promise<void> {
  await looker.rows(world.family === "postgresql" ? "DROP SCHEMA db_access CASCADE" : "DROP DATABASE db_access");
}

const successor = (names: Names): LoginClaim => login(names, { name: names.successor });

/** Its secret waits for some days before it is gone, and can be brought back. */
const inWindow = (claim: LoginClaim): LoginClaim =>
  claim.auth.kind === "password"
    ? { ...claim, auth: { ...claim.auth, secret: { ...claim.auth.secret, recoveryDays: 7 } } }
    : claim;

const replacement = (name: string, as = (claim: LoginClaim): LoginClaim => claim): Omit<Protocol, "steps"> => ({
  name,
  engines: everywhere,
  prepare: (names) => [{ claim: as(login(names)) }],
  expected: (names) => [{ claim: as(successor(names)), secret: names.secret }],
  settled: (names) => [{ claim: as(login(names)), action: "remove" }, { claim: as(successor(names)) }],
});

export const protocols: readonly Protocol[] = [
  between(
    "create",
    () => undefined,
    (names) => login(names),
  ),
  {
    ...between(
      "create, the first of a cluster",
      () => undefined,
      (names) => login(names),
    ),
    meanwhile: dropLedger,
    after: (place, names) => forget(place, login(names)),
  },
  between(
    "reset",
    (names) => login(names),
    (names) => login(names, { passwordVersion: 2 }),
  ),
  { ...between("password to IAM", (names) => login(names), iam), ...onlyWhereIamIs },
  { ...between("IAM to password", iam, (names) => login(names)), ...onlyWhereIamIs },
  {
    // The new user takes the secret over, and the end of the old one leaves it alone.
    ...replacement("replace"),
    steps: (names) => [ensured(successor(names)), removed(login(names))],
  },
  {
    ...replacement("replace, the old one first", inWindow),
    steps: (names) => [removed(inWindow(login(names))), ensured(inWindow(successor(names)))],
  },
  {
    name: "delete",
    engines: everywhere,
    prepare: (names) => [{ claim: login(names) }],
    steps: (names) => [removed(login(names))],
    expected: () => [],
    settled: (names) => [{ claim: login(names), action: "remove" }],
  },
];
