import { normaliseClaim } from "./access/normalise";
import { claimProblems, type Problem } from "./access/validate";
import { audit } from "./audit/audit";
import type { FunctionConfig } from "./config";
import { connect } from "./connection";
import type { EngineSession } from "./engines/engine";
import { DbAccessError, toErrorBody, type ErrorBody } from "./errors";
import type { Invocation } from "./invocation";
import type { InventoryRequest } from "./protocol/inventory";
import type { Reply, Request } from "./protocol/messages";
import { productOf } from "./protocol/ref";
import { applyBatch } from "./reconcile/apply";
import { inspectBatch } from "./reconcile/inspect";
import { takeInventory } from "./reconcile/inventory";
import { failed, orderOf, type Work } from "./reconcile/work";
import { reply } from "./reply";
import { assertCluster, assertServed } from "./request";

/** The one way to the server: whatever the front door, claims are planned, read or applied here. */
export async function serve(invocation: Invocation, request: Request): Promise<Reply> {
  const { config, requestId, by, meter } = invocation;
  const count = meter.batch(request.mode);
  const works = request.claims.map((claim): Work => ({
    request: claim,
    order: orderOf({ ...claim, claim: normalise(claim) }),
    warnings: [],
  }));
  const refuse = ({ order }: Work, error: ErrorBody): void => {
    if (request.mode === "apply")
      audit({ requestId, cluster: config.cluster, order, by, outcome: "refused", changes: [], error });
  };
  try {
    assertServed(config, request);
    const answer = await perform(invocation, request, works, refuse);
    count(answer.results);
    return answer;
  } catch (error) {
    for (const work of works) refuse(work, toErrorBody(error));
    throw error;
  }
}

/** Who claims things here. A reading: nobody waits for it, and nothing is recorded about it. */
export async function serveInventory(invocation: Invocation, request: InventoryRequest): Promise<Reply> {
  invocation.meter.batch(request.mode);
  assertCluster(invocation.config, request);
  const session = await connect(invocation);
  try {
    const { product, version } = session.facts;
    return reply({ inventory: await takeInventory(session), server: { product, version } });
  } finally {
    await session.close();
  }
}

async function perform(
  invocation: Invocation,
  request: Request,
  works: readonly Work[],
  refuse: (work: Work, error: ErrorBody) => void,
): Promise<Reply> {
  const { config, requestId, by, deadline } = invocation;
  const session = await connect(invocation);
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
          ? await applyBatch({ session, config, requestId, by, deadline }, valid)
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
