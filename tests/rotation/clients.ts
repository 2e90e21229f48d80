import assert from "node:assert/strict";
import { sleep, versionOf, graceSeconds, type Place, type Version } from "./place";
import { attempt } from "../support/world";

/** Begun this often, so that a few slow ones leave more than twenty a second. */
const PACE_MS = 33;
const ENOUGH = 20;

export interface Counted {
  attempts: number;
  perSecond: number;
}

/** An application's clients at their work: every attempt is a new connection that runs a statement. */
export class Clients {
  private readonly begun = Date.now();
  private readonly failures: string[] = [];
  private readonly running: Promise<void>[] = [];
  private cached: { version: Version; since: number } | undefined;
  private attempts = 0;
  private ended = false;

  constructor(
    private readonly place: Place,
    private readonly arn: string,
    private readonly database?: string,
    private readonly statement = "SELECT 1",
  ) {
    this.running.push(this.reading(), this.caching());
  }

  /** Ends them and demands that none was refused, and that they did ask often enough. */
  async stop(): Promise<Counted> {
    this.ended = true;
    for (const loop of this.running.splice(0)) await loop;
    const perSecond = (this.attempts * 1000) / (Date.now() - this.begun);
    assert.deepEqual(this.failures, []);
    assert.ok(perSecond >= ENOUGH, `only ${perSecond.toFixed(1)} logins a second`);
    return { attempts: this.attempts, perSecond };
  }

  /** Reads the secret before every login. */
  private async reading(): Promise<void> {
    const under: Promise<void>[] = [];
    for (let next = Date.now(); !this.ended; next += PACE_MS) {
      await sleep(Math.max(0, next - Date.now()));
      under.push(
        versionOf(this.place, this.arn).then(async (version) => {
          await this.logIn("a client that reads the secret", version);
          this.attempts += 1;
        }),
      );
      // No more than a few at once: a slow machine is to be slow, not out of connections.
      if (under.length >= 8) await under.shift();
    }
    await Promise.all(under);
  }

  /** Reads it again only when the grace period has passed since. */
  private async caching(): Promise<void> {
    while (!this.ended) {
      if (this.cached === undefined || Date.now() - this.cached.since >= graceSeconds * 1000) {
        const since = Date.now();
        this.cached = { version: await versionOf(this.place, this.arn), since };
        continue;
      }
      await this.logIn("a client that keeps the secret for the grace period", this.cached.version);
      await sleep(PACE_MS);
    }
  }

  private async logIn(who: string, version: Version): Promise<void> {
    const outcome = await attempt(this.place.world, version, this.database, this.statement);
    if (outcome !== "ok") this.failures.push(`${who} as ${version.user}: ${outcome}`);
  }
}
