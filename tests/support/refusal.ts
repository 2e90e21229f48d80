import assert from "node:assert/strict";
import type { ErrorCode } from "../../provisioner/protocol";
import { ask, changingStatements, logMark, type Ask, type World } from "./world";

export interface Expected {
  code: ErrorCode;
  property?: string;
  /** Parts of the message: the value that is at fault, and the fix. */
  says: RegExp[];
}

/** Everything that Secrets Manager holds, but when each was last read. */
export const secretsNow = (world: Pick<World, "stack">): string =>
  JSON.stringify(world.stack.aws.secrets.save(), (key, value: unknown) => (key === "accessed" ? undefined : value));

/** Runs what must leave no trace: no changing statement of the provisioner, no secret made or changed. */
export async function unchangedBy<T>(world: World, run: () => Promise<T>): Promise<T> {
  const mark = logMark(world);
  const secrets = secretsNow(world);
  const result = await run();
  assert.deepEqual(changingStatements(world, mark), []);
  assert.equal(secretsNow(world), secrets);
  return result;
}

/** An apply that is refused with one clear error and changes nothing; a plan says it beforehand. */
export async function refused(world: World, asked: Ask, expected: Expected): Promise<void> {
  const [[planned], [applied]] = await unchangedBy(world, async () => [
    await ask(world, "plan", [asked]),
    await ask(world, "apply", [asked]),
  ]);
  assert.equal(applied.status, "failed", JSON.stringify(applied));
  assert.ok(applied.error !== undefined);
  assert.deepEqual([applied.error.code, applied.error.property], [expected.code, expected.property]);
  for (const part of expected.says) assert.match(applied.error.message, part);
  if (planned.error === undefined) assert.ok((planned.waitsFor ?? []).length > 0, "the plan knows nothing of it");
  else assert.deepEqual(planned.error, applied.error);
}
