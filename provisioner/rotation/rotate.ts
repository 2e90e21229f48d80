import type { LoginClaim } from "../access/claims";
import { claimIdPrefix } from "../access/id";
import { otherTurn, parameterNames, turnName } from "../access/plan";
import { planParameters } from "../access/plan/parameters";
import type { ClaimRecord, CredentialRecord, Turn } from "../access/record";
import type { SecretState } from "../access/secret";
import { CLUSTER_TAG, PRINCIPAL_TAG, secretText } from "../access/secret-text";
import { audit } from "../audit/audit";
import type { FunctionConfig } from "../config";
import { currentValue, putPendingValue, valueOf } from "../credentials/current-value";
import { applyParameterChanges, readParameters } from "../credentials/parameters";
import { generatePassword } from "../credentials/password";
import { readSecretState } from "../credentials/secret-state";
import type { StoredVersion } from "../credentials/secret-versions";
import { promoteSecret } from "../credentials/user-secret";
import { loginNamed, namesPrincipal } from "../credentials/ownership";
import type { EngineSession, LedgerQuery } from "../engines/engine";
import { DbAccessError, toErrorBody } from "../errors";
import { until } from "../reconcile/grace";
import { serviceOf } from "../service";
import type { RotationEvent } from "./event";
import { endGrace, isGraceOver } from "./grace-end";
import { assertLogsIn, setNewPassword } from "./set-password";

/** One step on its way, under the cluster's lock. */
export interface Rotation {
  config: FunctionConfig;
  session: EngineSession;
  event: RotationEvent;
  state: SecretState;
  record: ClaimRecord & { credentials: CredentialRecord };
  claim: LoginClaim;
  /** The login that the secret names now, where two take turns. */
  active?: Turn;
}

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
  const tell = (outcome: "changed" | "refused", changes: string[], error?: unknown): void =>
    audit({
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
    const state = await ownedSecret(config, event);
    const staged = event.ClientRequestToken === state.pendingVersionId;
    if (!staged && event.ClientRequestToken !== state.versionId) throw replayed(state.name);
    const session = await connect();
    try {
      const rows = await session.begin(rowsOf(config, state), deadline);
      let write: ClaimRecord[] = [];
      try {
        const { record, claim } = rotatable(rows, state);
        known = { record, claim };
        const active = await activeTurn(claim, record.credentials);
        const rotation = { config, session, event, state, record, claim, active };
        const done = await steps[event.Step](rotation, staged);
        write = done.write;
        if (done.words !== undefined) tell("changed", [done.words]);
      } finally {
        await session.end({ write, remove: [] });
      }
    } finally {
      await session.close();
    }
  } catch (error) {
    tell("refused", [], error);
    throw error;
  }
}

interface Done {
  write: ClaimRecord[];
  words?: string;
}

const nothing: Done = { write: [] };

const replayed = (name: string): DbAccessError =>
  new DbAccessError(
    "RotationReplayed",
    `The rotation of secret ${name} was overtaken: its version is neither pending nor current any more. Nothing was changed.`,
  );

/** Anybody who may invoke the function could name any secret: only what carries our tags is touched. */
async function ownedSecret(config: FunctionConfig, event: RotationEvent): Promise<SecretState> {
  const state = await readSecretState(event.SecretId, { policy: false });
  if (state?.tags[PRINCIPAL_TAG] === undefined)
    throw new DbAccessError(
      "NotOurs",
      "The secret that is to be rotated was not made by this provisioner; nothing was changed.",
    );
  if (state.tags[CLUSTER_TAG] !== config.cluster)
    throw new DbAccessError(
      "SecretOfAnotherCluster",
      `Secret ${state.name} belongs to a login of another cluster; this provisioner serves ${config.cluster}. Nothing was changed.`,
    );
  return state;
}

/** A tag is an id in other characters, cut off where it is too long for one: then all logins are looked through. */
function rowsOf(config: FunctionConfig, { tags }: SecretState): LedgerQuery {
  const query = { ids: [], idPrefixes: [], owners: [], grantees: [] };
  const name = loginNamed(tags[PRINCIPAL_TAG]);
  return name === undefined
    ? { ...query, idPrefixes: [principalPrefix(config)] }
    : { ...query, ids: [claimIdPrefix(config.family, config.cluster, { kind: "role", name, deletion: "drop" })] };
}

function rotatable(rows: readonly ClaimRecord[], { arn, name, tags }: SecretState): Pick<Rotation, "record" | "claim"> {
  const record = rows.find((row) => namesPrincipal(tags, row.id));
  const refuse = (why: string): DbAccessError =>
    new DbAccessError("RotationRefused", `Secret ${name} is not rotated: ${why}. Nothing was changed.`);
  if (record?.claim.kind !== "login" || record.retained || record.credentials?.secretArn !== arn)
    throw new DbAccessError("NotOurs", `No login that is managed here has the secret ${name}; nothing was changed.`);
  const { claim, credentials } = record;
  if (claim.rotation === undefined || claim.rotation.functionArn !== undefined)
    throw refuse(`login ${claim.name} does not ask for rotation by this provisioner`);
  if (claim.rotation.strategy === "alternating" && credentials.active === undefined)
    throw refuse(`an earlier change of login ${claim.name} did not end; run \`pulumi up\` again`);
  return { record: { ...record, credentials }, claim };
}

/** The secret itself says it: a function that died after the promotion has not written it down. */
async function activeTurn(claim: LoginClaim, credentials: CredentialRecord): Promise<Turn | undefined> {
  if (claim.rotation?.strategy !== "alternating") return undefined;
  const { username } = await currentValue(credentials.secretArn);
  return username === turnName(claim.name, "b")
    ? "b"
    : username === turnName(claim.name, "a")
      ? "a"
      : credentials.active;
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
  async setSecret(rotation, staged) {
    if (!staged) return nothing;
    const { session, claim } = rotation;
    const value = await requirePending(rotation);
    const ended = isGraceOver(rotation.record) ? await endGrace(session, rotation.record) : undefined;
    if (ended === undefined) assertGraceOver(rotation);
    const write = ended === undefined ? [] : [ended.record];
    await setNewPassword(rotation, value);
    if (claim.rotation?.strategy !== "single") return { write, words: `rotate the password of ${claim.name}` };
    // Whoever reads the secret is refused until the new version is current: not a moment longer than it takes.
    await assertLogsIn(rotation, value);
    await promote(rotation, value);
    return { ...(await settled(rotation, value)), words: `rotate the password of ${claim.name}` };
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
  // A value from before another rotation or reset names the login whose turn is over.
  if (value.username !== nextName(rotation)) throw replayed(rotation.state.name);
  return value;
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
  return { write: [{ ...record, credentials: next }] };
}

const turnOf = ({ name }: LoginClaim, { username }: StoredVersion): Turn | undefined =>
  username === turnName(name, "a") ? "a" : username === turnName(name, "b") ? "b" : undefined;

async function publish({ config, claim, record }: Rotation, value: StoredVersion): Promise<boolean> {
  const names = parameterNames(claim);
  if (names.length === 0) return false;
  const parameters = await readParameters(names, record.id, true);
  const { parameterChanges } = planParameters({ service: serviceOf(config), parameters }, claim, claim, {
    username: value.username ?? claim.name,
    secretArn: record.credentials.secretArn,
    passwordChanges: true,
  });
  await applyParameterChanges(parameterChanges, {
    id: record.id,
    cluster: config.cluster,
    secretArn: record.credentials.secretArn,
    password: value.password,
  });
  return claim.parameterPasswordKeyArn !== undefined;
}

/** Of a login: rows of rotations are found by the secret's tag, which is the claim's id. */
export const principalPrefix = (config: FunctionConfig): string =>
  claimIdPrefix(config.family, config.cluster, { kind: "role", name: "", deletion: "drop" });
