import { createHash } from "node:crypto";
import { accountKey, type Account } from "../access/account";
import type { Claim, GrantClaim } from "../access/claims";
import { normaliseClaim } from "../access/normalise";
import type { Operation } from "../access/operation";
import type { FunctionConfig } from "../config";
import { generatePassword } from "../credentials/password";
import type { ServerFacts } from "../access/server";
import type { EngineSession } from "../engines/engine";
import { DbAccessError } from "../errors";
import { applyBatch } from "../reconcile/apply";
import { orderOf, type Work } from "../reconcile/work";
import { MIGRATIONS_OWNER } from "../access/migrations-owner";

/**
 * As whom files run: never as the admin. The name says so to whoever looks at the server, and stays within its limit.
 * Another role than the owner has a login of its own: one that was a member of both could act as either.
 */
export function migratorName(database: string, maxLength: number, role?: string): string {
  const end = role === undefined ? "_migrator" : `_${digest(role)}_migrator`;
  if (Buffer.byteLength(database) + end.length <= maxLength) return `${database}${end}`;
  const tail = `_${digest(role === undefined ? database : `${database}/${role}`)}_migrator`;
  let head = database;
  while (Buffer.byteLength(head) + tail.length > maxLength) head = head.slice(0, -1);
  return `${head}${tail}`;
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);

export interface Migrator {
  name: string;
  /** The role that its sessions act as, which owns what they make. */
  runAs: string;
  /** The role is the owner of the database. */
  owns: boolean;
  database: string;
  /** Its sessions have no role active, and it holds the owner's rights itself. */
  withoutRoles: boolean;
}

interface Run {
  config: FunctionConfig;
  session: EngineSession;
  requestId: string;
  deadline: number;
}

/** By the same planner as everybody's claims: a name that is there and not ours is refused, what somebody changed is put right. */
export async function prepareMigrator(run: Run, { name, runAs, owns, database }: Migrator): Promise<void> {
  const { facts } = run.session;
  const scoped = facts.family === "postgresql" && facts.versionNumber >= 160000;
  const claims: Claim[] = [
    { kind: "login", name, auth: { kind: "none" }, locked: true, deletion: "retain" },
    // Not inherited: without acting as the role the login may do nothing.
    {
      kind: "grant",
      grantee: name,
      on: { kind: "role", role: runAs, ...(scoped ? { inherit: false, set: true } : {}) },
      mode: "additive",
    },
    ...(facts.family === "postgresql" ? [inDatabase(name, database, { privileges: ["CONNECT"] })] : []),
    ...(holdsItself(facts, owns, database) ? [inDatabase(name, database, { template: "trusted_admin" })] : []),
  ];
  const works = claims.map((claim, index): Work => {
    const request = {
      operationId: `${run.requestId}/migrator/${index}`,
      action: "ensure" as const,
      owner: MIGRATIONS_OWNER,
    };
    const whole = { ...request, claim: normaliseClaim(claim) };
    return { request: whole, order: orderOf(whole), warnings: [] };
  });
  const results = await applyBatch(run, works);
  for (const { error } of results)
    if (error !== undefined)
      throw new DbAccessError(
        error.code,
        `The login ${name}, as which files run, cannot be made ready: ${error.message}`,
        {
          property: error.code === "ObjectMissing" ? "runAs" : undefined,
          serverCode: error.serverCode,
          transient: error.transient,
        },
      );
}

/**
 * MariaDB runs what somebody has defined without that login's roles: its views and routines would be nobody's to use.
 */
const holdsItself = (facts: ServerFacts, owns: boolean, database: string): boolean =>
  (facts.product === "mariadb" && owns) || rolesAreBlind(facts, database);

/**
 * MySQL 8.0 lets nobody USE a database with an underscore or a percent sign in its name while the rights there are a
 * role's, whatever the login holds itself: the role has to be left inactive.
 */
const rolesAreBlind = ({ product, versionNumber }: ServerFacts, database: string): boolean =>
  product === "mysql" && versionNumber < 90000 && /[_%]/.test(database);

export function migratorOf(
  { session: { facts } }: Pick<Run, "session">,
  { runAs, owns, database }: Omit<Migrator, "name" | "withoutRoles">,
): Migrator {
  const withoutRoles = rolesAreBlind(facts, database);
  if (withoutRoles && !owns)
    throw new DbAccessError(
      "NotSupported",
      `MySQL 8.0 lets no member of a role use database ${database}, because of the ${database.includes("_") ? "underscore" : "percent sign"} in its name; leave runAs out, so that files run with the rights of the database's owner. Nothing was changed.`,
      { property: "runAs" },
    );
  const owners = migratorName(database, facts.maxNameLength);
  if (runAs === owners)
    throw new DbAccessError(
      "MigrationRefused",
      `runAs is ${runAs}, the login as which files run; name the role that is to own what they make. Nothing was changed.`,
      { property: "runAs" },
    );
  const name = owns ? owners : migratorName(database, facts.maxNameLength, runAs);
  return { name, runAs, owns, database, withoutRoles };
}

const inDatabase = (grantee: string, database: string, what: Pick<GrantClaim, "privileges" | "template">): Claim => ({
  kind: "grant",
  grantee,
  on: { kind: "database", database },
  mode: "additive",
  ...what,
});

/** For the length of one run: a fresh password, and on PostgreSQL the server's own clock ends it. */
export async function openMigrator(run: Run, { name }: Migrator, until: number): Promise<string> {
  const account = accountOf(run.session, name);
  const password = generatePassword();
  const isPostgresql = run.session.facts.family === "postgresql";
  await underLock(
    run,
    [
      { op: "setPassword", account },
      {
        op: "alterLogin",
        account,
        attributes: { locked: false, ...(isPostgresql ? { validUntil: new Date(until).toISOString() } : {}) },
      },
    ],
    new Map([[accountKey(account), run.session.verifier(password)]]),
  );
  return password;
}

/** Sessions that are open stay: another run of the same database may be at work. */
export const closeMigrator = (run: Run, { name }: Migrator): Promise<void> =>
  underLock(
    run,
    [
      {
        op: "alterLogin",
        account: accountOf(run.session, name),
        // The clock has done its part: the login is again what its claim says.
        attributes: { locked: true, ...(run.session.facts.family === "postgresql" ? { validUntil: null } : {}) },
      },
    ],
    new Map(),
  );

const accountOf = ({ facts }: EngineSession, name: string): Account =>
  facts.family === "postgresql" ? { name } : { name, host: "%" };

async function underLock(run: Run, operations: Operation[], verifiers: Map<string, string>): Promise<void> {
  await run.session.lock(run.deadline);
  try {
    await run.session.run({ operations, verifiers });
  } finally {
    await run.session.unlock();
  }
}
