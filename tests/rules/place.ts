import type { Claim, ClaimResult, GrantClaim, LoginClaim, Target } from "../../provisioner/protocol";
import {
  apply,
  ask,
  attempt,
  byHand,
  changingStatements,
  logMark,
  secretOf,
  startWorld,
  type Ask,
  type Login,
  type Outcome,
  type World,
} from "../support/world";

/** One server of one version with a database `shop` that `shop_owner` owns: where the rules are tried. */
export interface Place {
  version: string;
  world: World;
  postgresql: boolean;
  /** Makes a login with a password and gives back what it logs in with. */
  login(name: string, more?: Partial<LoginClaim>): Promise<Login>;
  /** Runs SQL in `shop` as the owner of its objects. */
  asOwner(sql: string): Promise<Record<string, unknown>[]>;
  /** Runs SQL by hand as the superuser, in `shop` or another database. */
  byHand(sql: string, database?: string): Promise<Record<string, unknown>[]>;
  attempt(login: Login, sql: string): Promise<Outcome>;
  apply(...asks: Ask[]): Promise<ClaimResult[]>;
  ask(mode: "plan" | "read" | "apply", ...asks: Ask[]): Promise<ClaimResult[]>;
  /** What the provisioner changed while `run` ran, from the server's own log. */
  changedBy(run: () => Promise<unknown>): Promise<string[]>;
  /** Tables of `shop`, in the form of the engine. */
  tables(names: "*" | string[], more?: Partial<Extract<Target, { kind: "tables" }>>): Target;
}

export const shopOwner: Claim = { kind: "role", name: "shop_owner", deletion: "drop" };
export const shop: Claim = { kind: "database", name: "shop", owner: "shop_owner", deletion: "drop" };

export const grantOf = (
  grantee: GrantClaim["grantee"],
  on: Target,
  privileges: string[],
  more: Partial<GrantClaim> = {},
): GrantClaim => ({
  kind: "grant",
  grantee,
  on,
  ...(on.kind === "role" ? {} : { privileges }),
  mode: "additive",
  ...more,
});

export const loginClaim = (name: string, more: Partial<LoginClaim> = {}): LoginClaim => ({
  kind: "login",
  name,
  auth: { kind: "password", secret: { name: `orders/${name}`, recoveryDays: 0 } },
  deletion: "drop",
  ...more,
});

export async function startPlace(version: string): Promise<Place> {
  const world = await startWorld(version);
  const postgresql = world.family === "postgresql";
  await apply(world, { claim: shopOwner }, { claim: shop });
  return {
    version,
    world,
    postgresql,
    login: async (name, more) => {
      const [result] = await apply(world, { claim: loginClaim(name, more) });
      const { username, password } = await secretOf(world, result.outputs?.secretArn ?? "");
      return { user: username, password };
    },
    asOwner: (sql) => byHand(world, "shop", postgresql ? `SET ROLE shop_owner; ${sql}` : sql),
    byHand: (sql, database = "shop") => byHand(world, database, sql),
    attempt: (login, sql) => attempt(world, login, "shop", sql),
    apply: (...asks) => apply(world, ...asks),
    ask: (mode, ...asks) => ask(world, mode, asks),
    changedBy: async (run) => {
      const mark = logMark(world);
      await run();
      return changingStatements(world, mark);
    },
    tables: (names, more) => ({
      kind: "tables",
      database: "shop",
      ...(postgresql ? { schema: "public" } : {}),
      tables: names,
      ...more,
    }),
  };
}
