import type { Operation } from "../access/operation";
import type { ClaimPlan } from "../access/plan";
import type { ClaimRecord } from "../access/record";
import type { ReadQuery, ServerState } from "../access/server";
import type { ApplyContext } from "./apply-context";
import { each } from "./each";
import { finishLogin, prepareLogin, unitOf, type PreparedLogin } from "./run";
import { errorOf, type Work } from "./work";

/** What a transaction can hold without more ado: nothing that needs a second session or a look in between. */
const plain = (operation: Operation): boolean => {
  switch (operation.op) {
    case "createLogin":
      return operation.auth === "password";
    case "createRole":
    case "alterLogin":
    case "setPassword":
    case "grant":
    case "revoke":
    case "revokeGrantOption":
      return true;
    default:
      return false;
  }
};

/** The works as one unit, in an order that works, or undefined when they need more than one. */
export function asOneUnit(apply: ApplyContext, active: readonly Work[]): Work[] | undefined {
  if (!apply.session.transactional) return undefined;
  const actions = new Set(active.map(({ order }) => order.action));
  const kindsOf = (...kinds: string[]): Work[] => active.filter(({ order }) => kinds.includes(order.claim.kind));
  const grants = kindsOf("grant");
  const databases = new Set(grants.flatMap(({ plan }) => databaseNames(plan)));
  const together = [...kindsOf("role"), ...kindsOf("login"), ...grants];
  const operations = together.flatMap(({ plan }) => plan?.operations ?? []);
  const fits =
    actions.size === 1 &&
    together.length === active.length &&
    databases.size <= 1 &&
    operations.length > 0 &&
    operations.every(plain) &&
    active.every(({ plan }) => plan?.credentials.step !== "delete");
  return fits ? together : undefined;
}

/** What concerns the cluster as a whole goes with any database. */
const databaseNames = (plan: ClaimPlan | undefined): string[] =>
  plan === undefined || unitOf(plan) === "" ? [] : [unitOf(plan)];

/**
 * One transaction for all of them, read back in the same message. Undefined when it did not come about: then nothing
 * has happened on the server, and of several each has to be tried by itself, so that only the culprit fails.
 */
export async function runAsOne(
  apply: ApplyContext,
  works: readonly Work[],
  before: ReadonlyMap<string, ClaimRecord>,
  query: ReadQuery,
): Promise<ServerState | undefined> {
  const { session, config } = apply;
  const prepared = new Map<Work, PreparedLogin>();
  try {
    await each(works, async (work) => {
      work.skipped = Date.now() > apply.beginUntil;
      if (work.skipped || work.plan === undefined) return;
      const login = await prepareLogin(session, config, work.order, work.plan, before.get(work.plan.id));
      if (login !== undefined) prepared.set(work, login);
    });
    // A grant may need a login that there was no time for.
    if (works.some(({ skipped, order }) => skipped === true && order.claim.kind !== "grant"))
      for (const work of works) work.skipped ||= work.order.claim.kind === "grant";
    const begun = works.filter((work) => work.skipped !== true);
    const verifiers = new Map([...prepared.values()].flatMap((login) => [...login.verifiers]));
    const operations = begun.flatMap(({ plan }) => plan?.operations ?? []);
    const { warnings, state } = await session.runAndRead({ operations, verifiers }, query);
    if (works.length === 1) works[0].warnings.push(...warnings);
    await each([...prepared], async ([work, login]) => {
      await finishLogin(session, login).then(
        (more) => void work.warnings.push(...more),
        (error: unknown) => {
          work.error = errorOf(error);
        },
      );
    });
    return state;
  } catch (error) {
    if (works.length > 1) return undefined;
    works[0].error = errorOf(error);
    return undefined;
  }
}
