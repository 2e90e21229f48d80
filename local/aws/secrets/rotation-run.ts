import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { current, versionWith, type Secret } from "./model";
import type { SecretStore } from "./store";

export const rotationSteps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
export type RotationStep = (typeof rotationSteps)[number];

/** User Guide, Rotation by Lambda function: what the function is invoked with. */
export interface RotationEvent {
  Step: RotationStep;
  SecretId: string;
  ClientRequestToken: string;
  /** Which rotation sent it; only functions that work with another role's credentials have to pass it on. */
  RotationToken: string;
}

export type RotatedSecret = Pick<Secret, "account" | "region" | "arn">;

/** Where rotation functions run. */
export interface RotationFunctions {
  /** Whether there is such a function, and its policy lets Secrets Manager invoke it for this secret. */
  admits(functionArn: string, secret: RotatedSecret): boolean;
  /** Invokes it and waits. Gives the failure in words, or nothing. */
  invoke(functionArn: string, event: RotationEvent, secret: RotatedSecret): Promise<string | undefined>;
}

/** How a rotation ended, for tests. AWS itself tells it to CloudTrail only. */
export type RotationOutcome = "done" | { step: RotationStep; error: string };

export interface RotationOptions {
  functions: RotationFunctions;
  /** Waits before the process is tried again as a whole. Default: shorter than AWS's own, which are not documented. */
  retryDelaysMs?: number[];
}

interface Run {
  readonly secret: Secret;
  readonly token: string;
  cancelled: boolean;
  finished: boolean;
  outcome: Promise<RotationOutcome>;
}

const defaultDelaysMs = [100, 300];

/** The rotations under way, of all secrets. They run by themselves, as AWS's do after RotateSecret has answered. */
export class Rotations {
  private readonly runs = new Map<string, Run>();
  private readonly stopping = new AbortController();
  private options: RotationOptions | undefined;

  constructor(private readonly store: SecretStore) {}

  /** Says where functions are invoked. Without it, no function admits Secrets Manager. */
  connect(options: RotationOptions): void {
    this.options = options;
  }

  admits(functionArn: string, secret: Secret): boolean {
    return this.options?.functions.admits(functionArn, secret) === true;
  }

  isRunning(secret: Secret): boolean {
    const run = this.runs.get(secret.arn);
    return run !== undefined && !run.cancelled && !run.finished;
  }

  /** The four steps with the version that has AWSPENDING. */
  start(secret: Secret, token: string): void {
    this.begin(secret, token, (run) => this.rotate(run));
  }

  /** API RotateSecret, RotateImmediately: the test step alone, with an AWSPENDING version that is removed afterwards. */
  test(secret: Secret, token: string): void {
    this.begin(secret, token, async (run) => {
      const error = await this.step(run, "testSecret");
      secret.versions = secret.versions.filter(({ id }) => id !== token);
      this.store.touch();
      return error === undefined ? "done" : { step: "testSecret", error };
    });
  }

  /** API CancelRotateSecret: no further step is invoked. The one under way is not taken back. */
  cancel(secret: Secret): void {
    const run = this.runs.get(secret.arn);
    if (run !== undefined) run.cancelled = true;
  }

  /** Waits for the last rotation that was begun, and tells how it ended. */
  async ended(arn: string): Promise<RotationOutcome> {
    const run = this.runs.get(arn);
    if (run === undefined) throw new Error(`No rotation of ${arn} was begun.`);
    return run.outcome;
  }

  /** No further step is invoked. Resolves when the steps under way have ended. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([...this.runs.values()].map(({ outcome }) => outcome));
  }

  private begin(secret: Secret, token: string, work: (run: Run) => Promise<RotationOutcome>): void {
    const before = this.runs.get(secret.arn)?.outcome;
    const run: Run = { secret, token, cancelled: false, finished: false, outcome: Promise.resolve("done") };
    run.outcome = Promise.resolve(before)
      .then(() => work(run))
      .finally(() => (run.finished = true));
    this.runs.set(secret.arn, run);
  }

  /** User Guide, Rotation by Lambda function: if a step fails, the entire process is tried again. */
  private async rotate(run: Run): Promise<RotationOutcome> {
    const { signal } = this.stopping;
    const delays = [...(this.options?.retryDelaysMs ?? defaultDelaysMs)];
    for (;;) {
      const outcome = await this.attempt(run);
      if (outcome === "done" || delays.length === 0 || this.endOf(run) !== undefined) return outcome;
      await sleep(delays.shift(), undefined, { signal }).catch(() => undefined);
    }
  }

  private async attempt(run: Run): Promise<RotationOutcome> {
    const { secret, token } = run;
    for (const step of rotationSteps) {
      const error = await this.step(run, step);
      if (error !== undefined) return { step, error };
    }
    if (versionWith(secret, current)?.id !== token) {
      return { step: "finishSecret", error: "The function has not moved AWSCURRENT to the new version." };
    }
    if (secret.rotation !== undefined) secret.rotation.lastRotated = Date.now();
    this.store.touch();
    return "done";
  }

  private async step(run: Run, step: RotationStep): Promise<string | undefined> {
    const ended = this.endOf(run);
    if (ended !== undefined) return ended;
    const { secret, token } = run;
    const functionArn = secret.rotation?.functionArn ?? "";
    const RotationToken = createHash("sha256").update(`${secret.arn} ${token}`).digest("hex").slice(0, 64);
    const event = { Step: step, SecretId: secret.arn, ClientRequestToken: token, RotationToken };
    return this.options?.functions.invoke(functionArn, event, secret);
  }

  /** Why nothing more is to be done, when that is so. */
  private endOf({ secret, cancelled }: Run): string | undefined {
    if (cancelled) return "The rotation was cancelled.";
    if (this.stopping.signal.aborted) return "The local stack was stopped.";
    const gone = !this.store.of(secret).includes(secret) || secret.deletionDue !== undefined;
    return gone ? "The secret was deleted." : undefined;
  }
}
