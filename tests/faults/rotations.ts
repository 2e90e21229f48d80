import type { LoginClaim } from "../../provisioner/protocol";
import type { Place } from "./place";
import { between, ensured, login, type Login, type Names, type Protocol, type Step } from "./protocol";

type Strategy = NonNullable<NonNullable<LoginClaim["rotation"]>["strategy"]>;

/** Grace is over as soon as it begins, and the clock comes when it is told to. */
const rotating = (names: Names, strategy: Strategy): LoginClaim =>
  login(names, { rotation: { strategy, days: 30, ...(strategy === "single" ? {} : { graceSeconds: 0 }) } });

const rotate =
  ({ secret }: Names): Step =>
  (place) =>
    place.rotate(secret);

/** EventBridge's errand, which comes every few minutes: what is past its grace period ends. */
const clock =
  ({ user }: Names): Step =>
  async (place) => {
    const reply = await place.invoke({ source: "aws.events", "detail-type": "Scheduled Event" });
    if (typeof reply === "string") return reply;
    // A login that it fails for comes again with the next one; it says so in the audit alone.
    const rows = await place.looker.rows(`SELECT credentials FROM db_access.claims WHERE grantee = '${user}'`);
    return rows.some(({ credentials }) => /"grace"/.test(JSON.stringify(credentials).replaceAll("\\", "")))
      ? "the grace period has not ended"
      : undefined;
  };

/** Secrets Manager tests the function when it is attached. How that ends is not part of the claim. */
const andTested =
  (step: Step, { secret }: Names): Step =>
  async (place) => {
    const reason = await step(place);
    await place.rotationEnded(secret);
    return reason;
  };

const tested = async (place: Place, { secret }: Names): Promise<void> => {
  const failed = await place.rotationEnded(secret);
  if (failed !== undefined) throw new Error(`The rotation function does not work: ${failed}`);
};

const inTurns = (names: Names): Pick<Login, "accounts" | "active"> => {
  const active = [`${names.user}_a`, `${names.user}_b`];
  return { accounts: [names.user, ...active], active };
};

const rotation = (strategy: Strategy, more: Pick<Protocol, "engines" | "briefly" | "elsewhere">): Protocol => {
  const claim = (names: Names): LoginClaim => rotating(names, strategy);
  return {
    ...between(`rotate ${strategy}`, claim, claim),
    ...more,
    meanwhile: tested,
    steps: (names) => [rotate(names), ...(strategy === "single" ? [] : [clock(names)])],
    expected: (names) => [
      { claim: claim(names), secret: names.secret, ...(strategy === "alternating" ? inTurns(names) : {}) },
    ],
  };
};

const withRoles = {
  engines: ["postgresql", "mariadb"] as const,
  elsewhere: "MySQL keeps two passwords for one login instead",
};

/** Secrets Manager's four steps, driven by the local endpoint, which repeats them as AWS does. */
export const rotations: readonly Protocol[] = [
  rotation("single", { engines: ["postgresql", "mysql", "mariadb"], briefly: ["mysql"] }),
  rotation("dual", { engines: ["mysql"], elsewhere: "only MySQL keeps two passwords for one login" }),
  rotation("alternating", { ...withRoles, briefly: ["postgresql"] }),
  {
    // From one login to two that take turns, until the one is gone.
    ...between(
      "switch to alternating",
      (names) => login(names),
      (names) => rotating(names, "alternating"),
    ),
    ...withRoles,
    briefly: ["mariadb"],
    steps: (names) => [andTested(ensured(rotating(names, "alternating")), names), clock(names)],
    expected: (names) => [{ claim: rotating(names, "alternating"), secret: names.secret, ...inTurns(names) }],
  },
];
