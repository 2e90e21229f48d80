import type { LoginClaim } from "../../provisioner/protocol";
import type { Place } from "./place";
import { applied, between, ensured, everywhere, login, removed, type Names, type Protocol } from "./protocol";
import { rotations } from "./rotations";

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

/** What is kept beside the password: who may read it, where else it is, what is published of it. */
const withSettings = (names: Names): LoginClaim => ({
  ...login(names),
  auth: {
    kind: "password",
    secret: {
      name: names.secret,
      recoveryDays: 0,
      readers: ["arn:aws:iam::111122223333:role/reader"],
      replicas: [{ region: "eu-west-1" }],
    },
  },
  parameterPath: `/orders/${names.prefix}path`,
});

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
      "create with the ledger",
      () => undefined,
      (names) => login(names),
    ),
    briefly: ["postgresql", "mysql"],
    meanwhile: dropLedger,
    after: (place, names) => forget(place, login(names)),
  },
  between(
    "reset",
    (names) => login(names),
    (names) => login(names, { passwordVersion: 2 }),
  ),
  {
    ...between(
      "reset by an operator",
      (names) => login(names),
      (names) => login(names),
    ),
    briefly: ["postgresql"],
    steps: (names) => [applied({ claim: login(names), action: "reset" })],
  },
  { ...between("settings", (names) => login(names), withSettings), briefly: ["postgresql"] },
  ...rotations,
  { ...between("password to IAM", (names) => login(names), iam), ...onlyWhereIamIs },
  { ...between("IAM to password", iam, (names) => login(names)), ...onlyWhereIamIs },
  {
    // The new user takes the secret over, and the end of the old one leaves it alone.
    ...replacement("replace"),
    briefly: ["postgresql", "mysql"],
    steps: (names) => [ensured(successor(names)), removed(login(names))],
  },
  {
    ...replacement("delete and replace", inWindow),
    briefly: ["mariadb"],
    steps: (names) => [removed(inWindow(login(names))), ensured(inWindow(successor(names)))],
  },
  {
    name: "delete",
    engines: everywhere,
    briefly: ["postgresql", "mysql"],
    prepare: (names) => [{ claim: login(names) }],
    steps: (names) => [removed(login(names))],
    expected: () => [],
    settled: (names) => [{ claim: login(names), action: "remove" }],
  },
];
