import { secretSpecOf } from "../begun";
import type { LoginClaim, Replica, RotationSpec, SecretSpec } from "../claims";
import { ownerDigest } from "../id";
import { Refusal } from "../refusal";
import type { AttachedRotation, SecretChange, SecretState } from "../secret";
import { OWNER_TAG } from "../secret-text";
import { canonicalJson, type PlanContext, type PlannedChange } from "./context";
import { canonicalPolicy, readersOf, wantedPolicy } from "./secret-policy";

/** What has to change about a login's secret besides its value. */
export interface SecretPlan {
  secretChanges: SecretChange[];
  changes: PlannedChange[];
}

/**
 * `before` is the claim so far: what it asked for and asks for no more is taken back, what nobody ever asked for is let
 * be. Without a `state` the secret is about to be made, with its key.
 */
export function planSecretSettings(
  context: PlanContext,
  owner: string,
  claim: LoginClaim,
  before: LoginClaim | undefined,
  state: SecretState | undefined,
): SecretPlan {
  const secret = secretSpecOf(claim);
  const former = secretSpecOf(before);
  const parts = [
    state === undefined ? nothing : key(claim.name, secret, former, state),
    state === undefined ? nothing : ownerTag(owner, state),
    tags(context, claim.name, secret, former, state),
    policy(context, claim.name, secret, former, state),
    replicas(claim.name, secret, former, state),
    rotation(context, claim, before, state),
  ];
  return {
    secretChanges: parts.flatMap((part) => part.secretChanges),
    changes: parts.flatMap((part) => part.changes),
  };
}

const nothing: SecretPlan = { secretChanges: [], changes: [] };

const one = (change: SecretChange, ...words: string[]): SecretPlan => ({
  secretChanges: [change],
  changes: words.map((text): PlannedChange => ({ verb: "alter", words: text })),
});

function key(name: string, secret: SecretSpec, former: SecretSpec, state: SecretState): SecretPlan {
  if (secret.kmsKeyArn === undefined && former.kmsKeyArn === undefined) return nothing;
  if (secret.kmsKeyArn === state.kmsKeyArn) return nothing;
  const words = secret.kmsKeyArn ?? "the account's aws/secretsmanager";
  return one({ set: "key", kmsKeyArn: secret.kmsKeyArn ?? null }, `encrypt the secret of ${name} with ${words}`);
}

/** A hand-over goes along; the change of owner itself has its own words. */
function ownerTag(owner: string, state: SecretState): SecretPlan {
  const digest = ownerDigest(owner);
  return state.tags[OWNER_TAG] === digest ? nothing : one({ set: "tags", add: { [OWNER_TAG]: digest }, remove: [] });
}

function tags(
  { primary }: PlanContext,
  name: string,
  secret: SecretSpec,
  former: SecretSpec,
  state: SecretState | undefined,
): SecretPlan {
  const wanted = secret.inherit?.tags ?? [];
  const present = state?.tags ?? {};
  const inherited = Object.entries(primary?.tags ?? {}).filter(([tag]) => wanted.includes(tag));
  const add = inherited.filter(([tag, value]) => present[tag] !== value);
  const remove = (former.inherit?.tags ?? []).filter((tag) => !wanted.includes(tag) && tag in present);
  if (add.length === 0 && remove.length === 0) return nothing;
  const words = [...add.map(([tag, value]) => `${tag}=${value}`), ...remove.map((tag) => `without ${tag}`)].join(", ");
  return one(
    { set: "tags", add: Object.fromEntries(add), remove },
    `tag the secret of ${name} as the admin's: ${words}`,
  );
}

function policy(
  context: PlanContext,
  name: string,
  secret: SecretSpec,
  former: SecretSpec,
  state: SecretState | undefined,
): SecretPlan {
  const claimed = wantedPolicy(context, secret);
  const claimedBefore = former.readers !== undefined || former.inherit?.policy === true;
  if (claimed === undefined && !claimedBefore) return nothing;
  const wanted = claimed ?? { text: null, readers: [] };
  const present = state?.policy ?? null;
  const { partition } = context.service;
  const same =
    (wanted.text === null && present === null) ||
    (wanted.text !== null &&
      present !== null &&
      canonicalPolicy(wanted.text, partition) === canonicalPolicy(present, partition));
  if (same) return nothing;
  const had = new Set(readersOf(present));
  const has = new Set(wanted.readers);
  const declared = new Set(readersOf(wantedPolicy(context, { readers: secret.readers ?? [] })?.text));
  const come = [...has].filter((reader) => !had.has(reader));
  const go = [...had].filter((reader) => !has.has(reader));
  const words = [
    ...come.map(
      (reader) =>
        `let ${reader} read the secret of ${name}${declared.has(reader) ? "" : ", as the admin's policy says"}`,
    ),
    ...go.map((reader) => `no longer let ${reader} read the secret of ${name}`),
  ];
  return one(
    { set: "policy", policy: wanted.text },
    ...(words.length > 0 ? words : [`change the policy of the secret of ${name}`]),
  );
}

function replicas(name: string, secret: SecretSpec, former: SecretSpec, state: SecretState | undefined): SecretPlan {
  if (secret.replicas === undefined && former.replicas === undefined) return nothing;
  const wanted = secret.replicas ?? [];
  const present = state?.replicas ?? [];
  const same = (a: Replica, b: Replica): boolean => a.region === b.region && a.kmsKeyArn === b.kmsKeyArn;
  const add = wanted.filter((replica) => !present.some((known) => same(known, replica)));
  const listed = new Set([...(former.replicas ?? []), ...add].map(({ region }) => region));
  // A replica that somebody else has made is let be, unless it stands where one of ours has to be.
  const remove = present
    .filter((known) => listed.has(known.region) && !wanted.some((replica) => same(known, replica)))
    .map(({ region }) => region);
  if (add.length === 0 && remove.length === 0) return nothing;
  const words = [
    ...remove
      .filter((region) => !add.some((replica) => replica.region === region))
      .map((region) => `remove the copy of the secret of ${name} in ${region}`),
    ...add.map(({ region }) => `copy the secret of ${name} to ${region}`),
  ];
  return one({ set: "replicas", add, remove }, ...words);
}

function rotation(
  context: PlanContext,
  claim: LoginClaim,
  before: LoginClaim | undefined,
  state: SecretState | undefined,
): SecretPlan {
  const { name } = claim;
  const present = state?.rotation;
  if (claim.rotation === undefined) {
    if (before?.rotation === undefined || present === undefined) return nothing;
    return one({ set: "rotation", rotation: null }, `no longer rotate the password of ${name}`);
  }
  const wanted = wantedRotation(context, claim, claim.rotation);
  if (present !== undefined && canonicalJson(present) === canonicalJson(wanted)) return nothing;
  const when = wanted.days === undefined ? wanted.schedule : `every ${wanted.days} days`;
  const foreign = claim.rotation.functionArn === undefined ? "" : ` by ${claim.rotation.functionArn}`;
  return one(
    { set: "rotation", rotation: wanted },
    `rotate the password of ${name} ${when}${foreign} (${claim.rotation.strategy ?? "by its function"})`,
  );
}

function wantedRotation(context: PlanContext, claim: LoginClaim, spec: RotationSpec): AttachedRotation {
  const functionArn = spec.functionArn ?? context.service.rotationFunctionArn;
  if (functionArn === undefined)
    throw new Refusal(
      "RotationRefused",
      `The password of ${claim.name} cannot be rotated: this provisioner has no rotation function. Upgrade the provisioner, or set rotation.functionArn.`,
      "rotation",
    );
  const inherits =
    spec.days === undefined && spec.schedule === undefined && secretSpecOf(claim).inherit?.rotation === true;
  const rules = inherits ? context.primary?.rotation : spec;
  if (rules?.days === undefined && rules?.schedule === undefined)
    throw new Refusal(
      "RotationRefused",
      `The password of ${claim.name} has no rotation.days and no rotation.schedule${inherits ? ", and the admin's secret is not rotated" : ""}; set one of them.`,
      "rotation",
    );
  return {
    functionArn,
    ...(rules.days === undefined ? {} : { days: rules.days }),
    ...(rules.schedule === undefined ? {} : { schedule: rules.schedule }),
  };
}
