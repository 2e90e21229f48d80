import assert from "node:assert/strict";
import { sleep, versionOf, graceSeconds, type Place, type Version } from "./place";
import { attempt } from "../support/world";

/** Begun this often, so that a few slow ones leave more than twenty a second. */
const PACE_MS = 33;
const ENOUGH = 20;
/** The other client has nothing to count. */
const SLOW_PACE_MS = 100;

export interface Counted {
  attempts: number;
  perSecond: number;
}

/** An application's clients at their work: every attempt is a new connection that runs a statement. */
export class Clients {
  private readonly since = Date.now();
  private readonly failures: string[] = [];
  private readonly running: Promise<void>[] = [];
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

  /** Ends them. */
  async end(): Promise<void> {
    this.ended = true;
    await Promise.all(this.running.splice(0));
  }

  /** Ends them and demands that none was refused, and that they did ask often enough. */
  async stop(): Promise<Counted> {
    await this.end();
    const perSecond = (this.attempts * 1000) / (Date.now() - this.since);
    assert.deepEqual(this.failures, []);
    assert.ok(perSecond >= ENOUGH, `only ${perSecond.toFixed(1)} logins a second`);
    return { attempts: this.attempts, perSecond };
  }

  /** Reads the secret before every login. */
  private async reading(): Promise<void> {
    const under: Promise<void>[] = [];
    for (let next = Date.now(); !this.ended; next += PACE_MS) {
      await sleep(Math.max(0, next - Date.now()));
      under.push(this.readAndLogIn());
      // No more than a few at once: a slow machine is to be slow, not out of connections.
      if (under.length >= 8) await under.shift();
    }
    await Promise.all(under);
  }

  private async readAndLogIn(): Promise<void> {
    const version = await this.read();
    if (version === undefined) return;
    await this.logIn("a client that reads the secret", version);
    this.attempts += 1;
  }

  private async read(): Promise<Version | undefined> {
    return versionOf(this.place, this.arn).catch((error: unknown) => {
      this.failures.push(`reading the secret: ${String(error)}`);
      return undefined;
    });
  }

  /** Reads it again only when the grace period has passed since. */
  private async caching(): Promise<void> {
    let version: Version | undefined;
    for (let since = 0; !this.ended; await sleep(SLOW_PACE_MS)) {
      if (Date.now() - since >= graceSeconds * 1000) {
        since = Date.now();
        version = await this.read();
      }
      if (version !== undefined) await this.logIn("a client that keeps the secret for the grace period", version);
    }
  }

  private async logIn(who: string, version: Version): Promise<void> {
    const outcome = await attempt(this.place.world, version, this.database, this.statement);
    if (outcome !== "ok") this.failures.push(`${who} as ${version.user}: ${outcome}`);
  }
}
