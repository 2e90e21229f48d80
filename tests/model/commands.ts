import assert from "node:assert/strict";
import fc from "fast-check";
import { setTimeout as sleep } from "node:timers/promises";
import type { InvocationControl } from "../../local/lambda";
import type { GrantClaim } from "../../provisioner/protocol";
import {
  apply,
  ask,
  byHand,
  changeWords,
  changingStatements,
  invokeRaw,
  logMark,
  query,
  requestOf,
  type Ask,
  type World,
} from "../support/world";
import { asFacts, factKey, linesOf, Reference, type Fact } from "./reference";
import type { ByHand, Slot, Universe } from "./universe";

/** The world with what one run of commands needs to know of it. */
export interface Real {
  world: World;
  universe: Universe;
  owners: Map<string, string>;
  /** Tables that come and go. */
  tables: string[];
}

export type Model = Reference<GrantClaim>;
type Command = fc.AsyncCommand<Model, Real>;

export async function run({ world }: Pick<Real, "world">, { admin, database, sql }: ByHand): Promise<void> {
  if (admin === true) await query(world, world.server.admin, database, sql);
  else await byHand(world, database, sql);
}

const askFor = (real: Real, slot: string, claim: GrantClaim, action: Ask["action"] = "ensure"): Ask => ({
  claim,
  owner: real.owners.get(slot),
  action,
});

/** The server is what the model says. */
export async function agree(model: Model, { world, universe }: Real, after: string): Promise<void> {
  const catalog = asFacts(await universe.catalog(world));
  assert.deepEqual(linesOf(catalog), linesOf(model.actual), `the server after: ${after}`);
}

/** What somebody else did is the model's new beginning; what people want of the server has not changed. */
async function look(model: Model, real: Real): Promise<void> {
  model.actual = asFacts(await real.universe.catalog(real.world));
  const tables = await real.universe.tables(real.world);
  const fresh = tables.filter((table) => !real.tables.includes(table));
  real.tables.splice(0, real.tables.length, ...tables);
  model.inherit((fact) =>
    fact.kind === "default" && fact.object === "tables"
      ? fresh.map((object) => ({ ...fact, kind: "table", object }))
      : [],
  );
}

/** Nothing is left to do, and nothing is done. */
async function unchanged(real: Real, asks: readonly Ask[], words: string): Promise<void> {
  const mark = logMark(real.world);
  for (const result of await apply(real.world, ...asks))
    assert.deepEqual([result.status, changeWords(result)], ["unchanged", []], `${words} again: ${JSON.stringify(result)}`);
  assert.deepEqual(changingStatements(real.world, mark), [], `${words} again`);
} // prettier-ignore

class Ensure implements Command {
  constructor(
    private readonly slot: Slot,
    private readonly claim: GrantClaim,
  ) {}
  check = (): boolean => true;
  async run(model: Model, real: Real): Promise<void> {
    const asked = askFor(real, this.slot.name, this.claim);
    await apply(real.world, asked);
    model.ensure(this.slot.name, this.claim);
    await agree(model, real, this.toString());
    await unchanged(real, [asked], this.toString());
  }
  toString = (): string => `ensure ${this.slot.name}: ${JSON.stringify(this.claim)}`;
}

class Remove implements Command {
  constructor(private readonly slot: Slot) {}
  check = (model: Readonly<Model>): boolean => model.claims.has(this.slot.name);
  async run(model: Model, real: Real): Promise<void> {
    const claim = model.claims.get(this.slot.name)?.claim;
    assert.ok(claim !== undefined);
    const asked = askFor(real, this.slot.name, claim, "remove");
    await apply(real.world, asked);
    model.remove(this.slot.name);
    await agree(model, real, this.toString());
    await unchanged(real, [asked], this.toString());
  }
  toString = (): string => `remove ${this.slot.name}`;
}

class Drift implements Command {
  constructor(
    private readonly verb: "grant" | "revoke",
    private readonly fact: Fact,
  ) {}
  // Nobody by hand gives what is there, or takes what is not.
  check = (model: Readonly<Model>): boolean => model.actual.has(factKey(this.fact)) === (this.verb === "revoke");
  async run(model: Model, real: Real): Promise<void> {
    await run(real, real.universe[this.verb](this.fact));
    await look(model, real);
  }
  toString = (): string => `by hand: ${this.verb} ${JSON.stringify(this.fact)}`;
}

class Accident implements Command {
  constructor(
    private readonly words: string,
    private readonly steps: ByHand[],
  ) {}
  check = (): boolean => true;
  async run(model: Model, real: Real): Promise<void> {
    for (const step of this.steps) await run(real, step);
    // Grants wait for a login that is gone; whoever manages it makes it again.
    await apply(real.world, ...real.universe.claims.map((claim) => ({ claim })));
    await look(model, real);
  }
  toString = (): string => `by hand: ${this.words}`;
}

/** `pulumi refresh`: each claim by itself is compared with the server, and nothing is changed. */
class Refresh implements Command {
  check = (model: Readonly<Model>): boolean => model.claims.size > 0;
  async run(model: Model, real: Real): Promise<void> {
    const slots = [...model.claims].map(([slot, { claim }]) => ({ slot, claim }));
    const mark = logMark(real.world);
    const results = await ask(real.world, "read", slots.map(({ slot, claim }) => askFor(real, slot, claim)));
    assert.deepEqual(changingStatements(real.world, mark), []);
    slots.forEach(({ slot, claim }, at) => {
      const after = model.copy();
      after.ensure(slot, claim);
      const drifted = linesOf(after.actual).join("\n") !== linesOf(model.actual).join("\n");
      const found = results[at].changes.length > 0;
      assert.equal(found, drifted, `drift of ${slot}: ${JSON.stringify(results[at])}`);
    });
    await agree(model, real, "refresh");
  }
  toString = (): string => "refresh";
} // prettier-ignore

/** `pulumi up`: everything that is claimed, in one request. */
class Up implements Command {
  check = (model: Readonly<Model>): boolean => model.claims.size > 0;
  run = (model: Model, real: Real): Promise<void> => up(model, real);
  toString = (): string => "up";
}

export async function up(model: Model, real: Real): Promise<void> {
  const slots = [...model.claims];
  const asks = slots.map(([slot, { claim }]) => askFor(real, slot, claim));
  await apply(real.world, ...asks);
  for (const [slot, { claim }] of slots) model.ensure(slot, claim);
  await agree(model, real, "up");
  await unchanged(real, asks, "up");
}

/** The function dies, or loses its connections, at some moment of it; the same request is sent again. */
class Crash implements Command {
  constructor(
    private readonly slot: Slot,
    private readonly claim: GrantClaim | undefined,
    private readonly how: "killed" | "cut off",
    private readonly milliseconds: number,
  ) {}
  check = (model: Readonly<Model>): boolean => this.claim !== undefined || model.claims.has(this.slot.name);
  async run(model: Model, real: Real): Promise<void> {
    const claim = this.claim ?? model.claims.get(this.slot.name)?.claim;
    assert.ok(claim !== undefined);
    const asked = askFor(real, this.slot.name, claim, this.claim === undefined ? "remove" : "ensure");
    const request = requestOf(real.world, "apply", [asked]);
    let control: InvocationControl | undefined;
    const forget = real.world.stack.lambda.beforeInvoke((invocation) => void (control = invocation));
    let over = false;
    const ends = invokeRaw(real.world, request)
      .catch(() => undefined)
      .finally(() => (over = true));
    await Promise.race([ends, sleep(this.milliseconds)]);
    // What waits for the next request is not to be killed in the middle of that.
    if (this.how === "cut off") await cutOff(real.world);
    else if (!over) control?.kill();
    await ends;
    forget();
    await applyAgain(real.world, asked);
    if (this.claim === undefined) model.remove(this.slot.name);
    else model.ensure(this.slot.name, claim);
    await agree(model, real, this.toString());
    await unchanged(real, [asked], this.toString());
  }
  toString = (): string =>
    `${this.claim === undefined ? "remove" : "ensure"} ${this.slot.name}, ${this.how} after ${this.milliseconds} ms: ${JSON.stringify(this.claim)}`;
}

/** A process that was killed with its last answer already sent may take the next request along. */
async function applyAgain(world: World, asked: Ask): Promise<void> {
  try {
    await apply(world, asked);
  } catch (error) {
    if (!/signal: killed/.test(String(error))) throw error;
    await apply(world, asked);
  }
}

/** Ends every session of the provisioner. */
async function cutOff(world: World): Promise<void> {
  const { user } = world.server.admin;
  if (world.family === "postgresql") {
    await byHand(world, undefined, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${user}'`);
    return;
  }
  const sessions = await byHand(
    world,
    undefined,
    `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = '${user}'`,
  );
  // One that has just ended cannot be killed any more.
  for (const { id } of sessions) await byHand(world, undefined, `KILL ${String(id)}`).catch(() => undefined);
}

export function commandsOf({ slots, facts, accidents }: Universe): fc.Arbitrary<Command>[] {
  const withClaim = fc.constantFrom(...slots).chain((slot) => slot.claim.map((claim) => ({ slot, claim })));
  const ensure = withClaim.map(({ slot, claim }): Command => new Ensure(slot, claim));
  const remove = fc.constantFrom(...slots).map((slot): Command => new Remove(slot));
  const drift = fc
    .tuple(fc.constantFrom("grant" as const, "revoke" as const), fc.constantFrom(...facts))
    .map(([verb, fact]): Command => new Drift(verb, fact));
  const crash = fc
    .tuple(withClaim, fc.boolean(), fc.constantFrom("killed" as const, "cut off" as const), fc.nat(120))
    .map(([{ slot, claim }, ends, how, ms]): Command => new Crash(slot, ends ? undefined : claim, how, ms));
  const accident = fc
    .constantFrom(...Object.entries(accidents))
    .map(([words, steps]): Command => new Accident(words, steps));
  // Listed more than once, so that it comes more often.
  return [
    ...[ensure, ensure, ensure, ensure, remove, remove, remove],
    ...[drift, drift, drift, accident, crash],
    fc.constant(new Refresh()),
    fc.constant(new Up()),
  ];
}
