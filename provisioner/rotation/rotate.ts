import type { LoginClaim } from "../access/claims";
import { otherTurn, parameterNames, turnName } from "../access/plan";
import { planParameters } from "../access/plan/parameters";
import type { ClaimRecord, CredentialRecord, Turn } from "../access/record";
import { secretText } from "../access/secret-text";
import { audit, ChangeTrail, type AuditEvent } from "../audit";
import type { FunctionConfig } from "../config";
import { currentValue, putPendingValue, valueOf } from "../credentials/current-value";
import { applyParameterChanges, readParameters } from "../credentials/parameters";
import { generatePassword } from "../credentials/password";
import type { StoredVersion } from "../credentials/secret-versions";
import { promoteSecret } from "../credentials/user-secret";
import type { EngineSession } from "../engines/engine";
import { DbAccessError, toErrorBody } from "../errors";
import { until } from "../access/grace";
import { serviceOf } from "../service";
import type { RotationEvent } from "./event";
import { endGrace, isGraceOver } from "./grace-end";
import { isStaged, ownedSecret, replayed, rotatable, rowsOf } from "./owned";
import { assertLogsIn, setNewPassword, turnOf } from "./set-password";
import type { Rotation } from "./rotation";

/** Whom a version of the secret names from this rotation on. */
const nextName = ({ claim, active }: Rotation): string =>
  active === undefined ? claim.name : turnName(claim.name, otherTurn(active));

/**
 * One of the four steps. Every one of them may come again, also after the next one has begun, and ends in the same
 * place. Throws; Secrets Manager then repeats the whole rotation with the same token.
 */
export async function rotate(
  config: FunctionConfig,
  event: RotationEvent,
  requestId: string,
  connect: () => Promise<EngineSession>,
  deadline: number,
): Promise<void> {
  let known: Partial<Pick<Rotation, "record" | "claim">> = {};
  const progress = { tried: false };
  const eventOf = (outcome: AuditEvent["outcome"], changes: string[], error?: unknown): AuditEvent => ({
    requestId,
    cluster: config.cluster,
    order:
      known.claim === undefined
        ? undefined
        : { action: "ensure", owner: known.record?.owner ?? "", claim: known.claim },
    id: known.record?.id,
    outcome,
    changes,
    ...(error === undefined ? {} : { error: toErrorBody(error) }),
  });
  try {
    const beforehand = await ownedSecret(config, event);
    isStaged(beforehand, event);
    const session = await connect();
    try {
      const rows = await session.begin(rowsOf(config, beforehand), deadline);
      const trail = new ChangeTrail(session.ledger.head);
      let write: ClaimRecord[] = [];
      try {
        // Whoever had the lock until now may have been a reset.
        const state = await ownedSecret(config, event);
        const staged = isStaged(state, event);
        const { record, claim } = rotatable(rows, state);
        known = { record, claim };
        const active = await activeTurn(claim, record.credentials);
        const rotation = { config, session, event, state, record, claim, active, progress };
        const done = await steps[event.Step](rotation, staged);
        write = done.write;
        if (done.words.length > 0) trail.add(eventOf("changed", done.words));
      } catch (error) {
        if (progress.tried) trail.add(eventOf("failed", [], error));
        throw error;
      } finally {
        await trail.record((head) => session.end({ write, remove: [], head }));
      }
    } finally {
      await session.close();
    }
  } catch (error) {
    if (!progress.tried) audit(eventOf("refused", [], error));
    throw error;
  }
}

interface Done {
  write: ClaimRecord[];
  words: string[];
}

const nothing: Done = { write: [], words: [] };

/** The secret itself says it: a function that died after the promotion has not written it down. */
async function activeTurn(claim: LoginClaim, credentials: CredentialRecord): Promise<Turn | undefined> {
  if (claim.rotation?.strategy !== "alternating") return undefined;
  return turnOf(claim, await currentValue(credentials.secretArn)) ?? credentials.active;
}

const steps: Record<RotationEvent["Step"], (rotation: Rotation, staged: boolean) => Promise<Done>> = {
  /** A new value, once. */
  async createSecret(rotation, staged) {
    if (!staged || (await pendingOf(rotation)) !== undefined) return nothing;
    assertGraceOver(rotation);
    const { config, claim, state, event } = rotation;
    const text = secretText(serviceOf(config), claim, nextName(rotation), generatePassword());
    await putPendingValue(state.arn, event.ClientRequestToken, text);
    return nothing;
  },

  /** The server takes the new password from here on, and what clients have read so far besides. */
  async setSecret(begun, staged) {
    if (!staged) return nothing;
    const value = await requirePending(begun);
    assertGraceOver(begun);
    begun.progress.tried = true;
    const { rotation, words } = await withoutGrace(begun);
    const { claim, active } = rotation;
    await setNewPassword(rotation, value);
    words.push(`rotate the password of ${claim.name}`);
    // A reset that was cut short has left a new password for the very login that clients use.
    const isInUse = active === undefined ? claim.rotation?.strategy === "single" : turnOf(claim, value) === active;
    if (!isInUse) return { write: [], words };
    // Whoever reads the secret is refused until the new version is current: not a moment longer than it takes.
    await assertLogsIn(rotation, value);
    await promote(rotation, value);
    return { ...(await settled(rotation, value)), words };
  },

  async testSecret(rotation, staged) {
    const value = staged ? await pendingOf(rotation) : undefined;
    // When rotation is switched on, Secrets Manager tests with a version that has no value.
    await assertLogsIn(rotation, value ?? (await currentValue(rotation.state.arn)));
    return nothing;
  },

  async finishSecret(rotation, staged) {
    if (!staged) return settled(rotation, await currentValue(rotation.state.arn));
    const value = await requirePending(rotation);
    rotation.progress.tried = true;
    await promote(rotation, value);
    return settled(rotation, value);
  },
};

/** Before its end a second rotation would take away what clients still use. */
function assertGraceOver({ record, claim }: Rotation): void {
  const grace = record.credentials.grace;
  if (grace === undefined || isGraceOver(record)) return;
  throw new DbAccessError(
    "RotationTooSoon",
    `${claim.name} was rotated already, and what it had before works until ${grace.until}; rotate it again after that.`,
    { transient: true },
  );
}

const pendingOf = ({ state, event }: Rotation): Promise<StoredVersion | undefined> =>
  valueOf(state.arn, event.ClientRequestToken);

async function requirePending(rotation: Rotation): Promise<StoredVersion> {
  const value = await pendingOf(rotation);
  if (value === undefined)
    throw new DbAccessError("RotationReplayed", "The rotation has no new value yet; Secrets Manager begins it again.", {
      transient: true,
    });
  // A value from before the login began to alternate names another one.
  const { claim, active, state } = rotation;
  const isOurs = active === undefined ? value.username === claim.name : turnOf(claim, value) !== undefined;
  if (!isOurs) throw replayed(state.name);
  return value;
}

/**
 * Ends what an earlier rotation has left valid. That is written down before the server changes again: ended twice, it
 * would be what clients use by then.
 */
async function withoutGrace(rotation: Rotation): Promise<{ rotation: Rotation; words: string[] }> {
  const { session } = rotation;
  const ended = await endGrace(session, rotation.record);
  if (ended === undefined) return { rotation, words: [] };
  await session.ledger.write([ended.record]);
  return { rotation: { ...rotation, record: ended.record }, words: [ended.words] };
}

const promote = ({ state }: Rotation, { versionId }: StoredVersion): Promise<void> =>
  promoteSecret({ arn: state.arn, versionId, pending: true });

/** The row follows the secret; so do the parameters. Nothing is written when it did already. */
async function settled(rotation: Rotation, value: StoredVersion): Promise<Done> {
  const { record, claim } = rotation;
  const { credentials } = record;
  if (credentials.secretVersionId === value.versionId) return nothing;
  const strategy = claim.rotation?.strategy;
  const next: CredentialRecord = {
    ...credentials,
    secretVersionId: value.versionId,
    passwordLastChanged: new Date().toISOString(),
    ...(strategy === "alternating" ? { active: turnOf(claim, value) ?? credentials.active } : {}),
    ...(strategy === "single"
      ? {}
      : {
          grace: { what: strategy === "alternating" ? ("turn" as const) : ("password" as const), until: until(claim) },
        }),
  };
  const published = await publish(rotation, value);
  if (published) next.parameterVersion = value.versionId;
  return { write: [{ ...record, credentials: next }], words: [] };
}

async function publish({ config, claim, record }: Rotation, value: StoredVersion): Promise<boolean> {
  const names = parameterNames(claim);
  if (names.length === 0) return false;
  const { owner } = record;
  const parameters = await readParameters(names, record.id, true, owner);
  const { parameterChanges } = planParameters({ service: serviceOf(config), parameters }, claim, [claim], {
    username: value.username ?? claim.name,
    secretArn: record.credentials.secretArn,
    passwordChanges: true,
  });
  await applyParameterChanges(parameterChanges, {
    id: record.id,
    cluster: config.cluster,
    owner,
    secretArn: record.credentials.secretArn,
    password: value.password,
  });
  return claim.parameterPasswordKeyArn !== undefined;
}
