import { formerClaims, secretSpecOf } from "../access/begun";
import type { LoginClaim } from "../access/claims";
import { claimIdPrefix } from "../access/id";
import { parameterNames, type ClaimOrder, type PlanContext, type SecretProblem } from "../access/plan";
import type { ClaimRecord } from "../access/record";
import type { ParameterState, PrimarySecret, SecretState } from "../access/secret";
import { PRINCIPAL_TAG, secretNameOf, SUPPLIES_TAG } from "../access/secret-text";
import type { FunctionConfig } from "../config";
import { readParameters } from "../credentials/parameters";
import { rotationProblem } from "../credentials/secret-settings";
import { readPrimary, readSecretState } from "../credentials/secret-state";
import { secretProblem } from "../credentials/user-secret";
import { DbAccessError } from "../errors";
import { serviceOf } from "../service";
import { each } from "./each";

/** What AWS has of the logins that a batch is about. */
export interface SecretReading {
  secrets: Map<string, SecretState>;
  missing: Set<string>;
  problems: Map<string, SecretProblem>;
  parameters: Map<string, ParameterState>;
  primary?: PrimarySecret;
}

/** One login of the batch, with its row. */
interface Asked {
  id: string;
  order: ClaimOrder & { claim: LoginClaim };
  record: ClaimRecord | undefined;
}

const isLogin = (order: ClaimOrder): order is Asked["order"] => order.claim.kind === "login";

/** Only of the logins that are claimed here: others' secrets are nobody's business in this batch. */
export async function readSecrets(
  config: FunctionConfig,
  orders: readonly ClaimOrder[],
  records: readonly ClaimRecord[],
): Promise<SecretReading> {
  const reading: SecretReading = { secrets: new Map(), missing: new Set(), problems: new Map(), parameters: new Map() };
  const asked = orders.filter(isLogin).map((order): Asked => {
    const id = claimIdPrefix(config.family, config.cluster, order.claim);
    return { id, order, record: records.find((record) => record.id === id) };
  });
  const inherited = asked
    .filter(({ order }) => order.action === "ensure")
    .map(({ order }) => secretSpecOf(order.claim).inherit);
  await Promise.all([
    each(asked, (login) => readParametersOf(login, reading)),
    each(
      asked.filter(({ order }) => order.action === "ensure"),
      (login) => readSecret(config, login, reading).catch(refuseAlone(login, reading)),
    ),
    inherited.some((inherit) => inherit !== undefined)
      ? readPrimary(config.adminSecretArn, { policy: inherited.some((inherit) => inherit?.policy === true) }).then(
          (primary) => void (reading.primary = primary),
        )
      : undefined,
  ]);
  return reading;
}

const hasPolicy = (claim: LoginClaim): boolean => {
  const { readers, inherit } = secretSpecOf(claim);
  return readers !== undefined || inherit?.policy === true;
};

/** A secret that the role may not see is its login's problem; a way to Secrets Manager that is closed is everybody's. */
const refuseAlone =
  ({ id }: Asked, reading: SecretReading) =>
  (error: unknown): void => {
    if (!(error instanceof DbAccessError) || error.code !== "SecretUnavailable" || error.transient) throw error;
    reading.problems.set(id, { code: error.code, message: error.message });
  };

async function readSecret(config: FunctionConfig, { id, order, record }: Asked, reading: SecretReading): Promise<void> {
  const { claim, owner } = order;
  const supplied = claim.auth.kind === "password" ? claim.auth.suppliedSecretArn : undefined;
  if (supplied !== undefined) return readSupplied(config, id, claim.name, supplied, reading);
  const own = record?.credentials?.supplied === true ? undefined : record?.credentials;
  const formers = formerClaims(record);
  const policy = [claim, ...formers].some(hasPolicy);
  const state = own === undefined ? undefined : await readSecretState(own.secretArn, { policy });
  if (state !== undefined) reading.secrets.set(id, state);
  else if (own !== undefined) reading.missing.add(own.secretArn);
  if (claim.auth.kind !== "password") return;
  const name = secretNameOf(serviceOf(config), config.cluster, claim);
  const asked = secretSpecOf(claim).name;
  const renamed = formers.some((former) => secretSpecOf(former).name !== asked) && state?.name !== name;
  const taken = state === undefined || renamed ? await secretProblem(config, id, claim, owner) : undefined;
  // Of a run that did not end, or of a login that this one replaces: the plan has to know what is set on it.
  const there = taken === undefined && state === undefined ? await readSecretState(name, { policy: true }) : undefined;
  if (there !== undefined) reading.secrets.set(id, there);
  const { functionArn } = claim.rotation ?? {};
  const attaches = functionArn !== undefined && state?.rotation?.functionArn !== functionArn;
  const problem = taken ?? (attaches ? await rotationProblem(functionArn) : undefined);
  if (problem !== undefined) reading.problems.set(id, problem);
}

async function readSupplied(
  config: FunctionConfig,
  id: string,
  name: string,
  arn: string,
  reading: SecretReading,
): Promise<void> {
  const refuse = (message: string): void => void reading.problems.set(id, { code: "SuppliedSecretRefused", message });
  try {
    const state = await readSecretState(arn, { policy: false });
    const problem = state === undefined ? undefined : suppliedProblem(config, name, state);
    if (problem !== undefined) reading.problems.set(id, problem);
    else if (state !== undefined) reading.secrets.set(id, state);
    else
      refuse(
        `The secret that supplies the password of ${name} does not exist; create it first, or correct auth.suppliedSecretArn.`,
      );
  } catch (error) {
    // The role sees only what carries the tag, so that a missing tag, and a missing secret, read as a denial.
    if (!(error instanceof DbAccessError) || error.code !== "SecretUnavailable" || error.transient) throw error;
    refuse(
      `The secret that supplies the password of ${name} is not there or not meant for this cluster; see that it exists and has the tag ${SUPPLIES_TAG}=${config.cluster}. (${error.message})`,
    );
  }
}

/**
 * The function can read more than whoever asks it to: a secret that its owner has not meant for this cluster would
 * come out as somebody's password.
 */
function suppliedProblem(config: FunctionConfig, name: string, { arn, tags }: SecretState): SecretProblem | undefined {
  const isOurs = arn === config.adminSecretArn || PRINCIPAL_TAG in tags;
  if (!isOurs && tags[SUPPLIES_TAG] === config.cluster) return undefined;
  const message = isOurs
    ? `The password of ${name} cannot be supplied by a secret that belongs to the provisioner or to another login; name one of your own in auth.suppliedSecretArn.`
    : `The secret that supplies the password of ${name} is not meant for this cluster; give it the tag ${SUPPLIES_TAG}=${config.cluster}.`;
  return { code: "SuppliedSecretRefused", message };
}

async function readParametersOf({ id, order, record }: Asked, reading: SecretReading): Promise<void> {
  const former = formerClaims(record).flatMap(parameterNames);
  const wanted = order.action === "ensure" ? parameterNames(order.claim) : [];
  const names = [...new Set([...wanted, ...former])];
  if (names.length === 0) return;
  // What a run that was cut short was to publish may have become somebody else's.
  const known = record?.state === "done" && wanted.every((name) => former.includes(name));
  for (const [name, state] of await readParameters(names, id, known, order.owner)) reading.parameters.set(name, state);
}

/** What a plan takes of it. */
export const contextOf = (
  reading: SecretReading,
): Pick<PlanContext, "secrets" | "missingSecrets" | "secretProblems" | "parameters" | "primary"> => ({
  secrets: reading.secrets,
  missingSecrets: reading.missing,
  secretProblems: reading.problems,
  parameters: reading.parameters,
  primary: reading.primary,
});
