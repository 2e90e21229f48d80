import { attempt } from "../support/world";
import type { Place } from "./place";
import type { Login, Names } from "./protocol";

/** A server's answer to a password that is not the right one, or to a user that is not there or not allowed in. */
const refusals = new Set(["28P01", "28000", "1045", "1698", "3118", "4151"]);

interface Row {
  grantee: string;
  state: string;
  credentials: { secretArn: string; secretVersionId: string } | null;
}

/** Replicas are not counted: they go with what they are replicas of. */
const secretsOf = ({ world }: Place) =>
  world.stack.aws.secrets.save().filter(({ region }) => region === world.stack.region);

type Secret = ReturnType<typeof secretsOf>[number];

/** What is wrong with what a case has left, in words; nothing of it secret. */
export async function problemsOf(place: Place, names: Names, expected: readonly Login[]): Promise<string[]> {
  const problems: string[] = [];
  const users = expected.map(({ claim }) => claim.name);
  const accounts = await accountsOf(place, names);
  const wanted = expected.flatMap(({ claim, accounts: all = [claim.name] }) => all);
  problems.push(...differences("users", accounts, wanted));
  const rows = await rowsOf(place, names);
  problems.push(
    ...differences(
      "rows of the ledger",
      rows.map(({ grantee }) => grantee),
      users,
    ),
  );
  for (const { grantee, state } of rows) if (state !== "done") problems.push(`the row of ${grantee} is ${state}`);
  const secrets = secretsOf(place).filter(({ name }) => name.includes(names.prefix));
  problems.push(
    ...differences(
      "secrets",
      secrets.map(({ name, deletionDue }) => (deletionDue === undefined ? name : `${name} (being deleted)`)),
      expected.flatMap(({ secret }) => secret ?? []),
    ),
  );
  const valid = new Map<string, string>();
  for (const login of expected) {
    const secret = secrets.find(({ name }) => name === login.secret);
    if (secret === undefined) continue;
    const row = rows.find(({ grantee }) => grantee === login.claim.name);
    problems.push(...(await secretProblems(place, login, secret, row, valid)));
  }
  problems.push(...(await strangers(place, accounts, valid)));
  return problems;
}

/** Exactly one version is current, nothing waits, and what it holds logs in. */
async function secretProblems(
  place: Place,
  { claim: { name: user }, active = [user] }: Login,
  secret: Secret,
  row: Row | undefined,
  valid: Map<string, string>,
): Promise<string[]> {
  const problems: string[] = [];
  const current = secret.versions.filter(({ stages }) => stages.includes("AWSCURRENT"));
  const pending = secret.versions.filter(({ stages }) => stages.includes("AWSPENDING"));
  if (current.length !== 1) problems.push(`the secret of ${user} has ${current.length} current versions`);
  if (pending.some((version) => !current.includes(version)))
    problems.push(`the secret of ${user} has a version that waits to become current`);
  if (row?.credentials?.secretArn !== secret.arn) problems.push(`the row of ${user} names another secret`);
  if (row?.credentials?.secretVersionId !== current[0]?.id)
    problems.push(`the row of ${user} names another version than the current one`);
  const value = JSON.parse(current[0]?.value.SecretString ?? "{}") as { username?: string; password?: string };
  const { username = "", password = "" } = value;
  if (!active.includes(username)) problems.push(`the secret of ${user} is another user's`);
  valid.set(username, password);
  const outcome = await attempt(place.world, { user: username, password }, undefined, "SELECT 1");
  if (outcome !== "ok") problems.push(`${username} cannot log in with the current version: ${outcome}`);
  return problems;
}

/** Nothing but the current version opens anything: not the version before, and not what was made and never used. */
async function strangers(
  { world, secrets }: Place,
  accounts: readonly string[],
  valid: Map<string, string>,
): Promise<string[]> {
  const problems: string[] = [];
  for (const user of accounts)
    for (const password of secrets.passwordsOf(accounts)) {
      if (valid.get(user) === password) continue;
      const outcome = await attempt(world, { user, password }, undefined, "SELECT 1");
      if (!refusals.has(outcome)) problems.push(`${user} with a password that is not the current one: ${outcome}`);
    }
  return problems;
}

function differences(what: string, found: readonly string[], expected: readonly string[]): string[] {
  const [there, wanted] = [[...found].sort(), [...expected].sort()];
  const words = (list: readonly string[]): string => (list.length === 0 ? "none" : list.join(", "));
  return there.join() === wanted.join() ? [] : [`${what}: ${words(there)}; expected: ${words(wanted)}`];
}

async function accountsOf({ world, looker }: Place, { prefix }: Names): Promise<string[]> {
  const from = world.family === "postgresql" ? "rolname AS name FROM pg_roles WHERE left(rolname" : "user AS name FROM mysql.user WHERE left(user"; // prettier-ignore
  return (await looker.rows(`SELECT ${from}, ${prefix.length}) = '${prefix}'`)).map(({ name }) => String(name));
}

async function rowsOf({ looker }: Place, { prefix }: Names): Promise<Row[]> {
  const rows = await looker.rows(
    `SELECT grantee, state, credentials FROM db_access.claims WHERE left(grantee, ${prefix.length}) = '${prefix}' AND state <> 'ended'`,
  );
  return rows.map(({ grantee, state, credentials }) => ({
    grantee: String(grantee),
    state: String(state),
    credentials: (typeof credentials === "string" ? JSON.parse(credentials) : credentials) as Row["credentials"],
  }));
}

/** What no case accounts for: secrets of nobody, rows that wait for the end of a run. */
export async function orphansOf(place: Place): Promise<string[]> {
  const { world, looker, names } = place;
  const isKnown = (name: string): boolean => names.some(({ prefix }) => name.includes(prefix));
  const { adminSecretArn } = world.target;
  const secrets = secretsOf(place).filter(({ arn, name }) => arn !== adminSecretArn && !isKnown(name));
  const rows = await looker.rows("SELECT grantee FROM db_access.claims WHERE state = 'intent'");
  return [
    ...secrets.map(({ name }) => `secret ${name} belongs to nothing`),
    ...rows.map(({ grantee }) => `the row of ${String(grantee)} was never settled`),
  ];
}
