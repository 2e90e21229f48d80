import { accountKey, accountWords, sameAccount, type Account } from "../account";
import type { GrantClaim, LoginClaim } from "../claims";
import type { Operation } from "../operation";
import type { ClaimRecord } from "../record";
import { Refusal } from "../refusal";
import { DEFAULT_HOSTS } from "./accounts";
import { recordDiffers, type ClaimPlan, type PlanContext, type PlannedChange } from "./context";
import { planGrant } from "./grant";
import { copyState, simulate } from "./simulate";

/** How the accounts of a login on MySQL and MariaDB follow its list of hosts. */
export interface HostMoves {
  /** From an account that the list named to one that it names now: password, attributes and privileges stay. */
  renamed: { from: Account; to: Account }[];
  dropped: Account[];
}

/** Accounts that go are renamed to those that come, as far as there are any; the rest is dropped or created. */
export function hostMoves(context: PlanContext, claim: LoginClaim, record: ClaimRecord | undefined): HostMoves {
  if (context.facts.family === "postgresql" || record?.claim.kind !== "login" || record.retained)
    return { renamed: [], dropped: [] };
  const listed = record.claim.hosts ?? DEFAULT_HOSTS;
  const wanted = claim.hosts ?? DEFAULT_HOSTS;
  const there = (context.state.principals.get(claim.name)?.accounts ?? []).map((state) => state.account);
  const has = (host: string): boolean => there.some((account) => account.host === host);
  const gone = there.filter(({ host }) => listed.includes(host ?? "") && !wanted.includes(host ?? ""));
  const coming = wanted.filter((host) => !has(host));
  const moves: HostMoves = { renamed: [], dropped: [] };
  gone.forEach((from, index) => {
    const host = coming.at(index);
    if (index < coming.length && host !== undefined) moves.renamed.push({ from, to: { name: claim.name, host } });
    else moves.dropped.push(from);
  });
  refuseDefiners(context, claim.name, gone);
  return moves;
}

/** What an account defines runs as that account: under another host it could not run any more. */
function refuseDefiners({ state }: PlanContext, name: string, gone: readonly Account[]): void {
  const defined = (state.principals.get(name)?.owns ?? []).filter(
    ({ host }) => host === undefined || gone.some((account) => account.host === host),
  );
  if (gone.length === 0 || defined.length === 0) return;
  throw new Refusal(
    "OwnsObjects",
    `${gone.map(accountWords).join(", ")} is the definer of ${defined.map(({ words }) => words).join(", ")}; make them with another definer first. Nothing was changed.`,
    "hosts",
  );
}

export const moveOperations = ({ renamed, dropped }: HostMoves): Operation[] => [
  ...renamed.map(({ from, to }): Operation => ({ op: "renameAccount", account: from, to })),
  ...dropped.flatMap((account): Operation[] => [
    { op: "lockLogin", account },
    { op: "endSessions", account },
    { op: "dropPrincipal", account },
  ]),
];

export const moveChanges = ({ renamed, dropped }: HostMoves): PlannedChange[] => [
  ...renamed.map(({ from, to }): PlannedChange => ({
    verb: "alter",
    words: `rename account ${accountWords(from)} to ${to.name}@${to.host ?? ""}, with its password and privileges`,
  })),
  ...dropped.map((account): PlannedChange => ({ verb: "drop", words: `drop account ${accountWords(account)}` })),
];

/**
 * Grants that name the login mean all its accounts: those that come get them, and their rows follow, in the same update.
 */
export function followHosts(
  context: PlanContext,
  next: ClaimRecord,
  operations: readonly Operation[],
  { renamed }: HostMoves,
): Pick<ClaimPlan, "operations" | "changes" | "also"> {
  const followed: Pick<ClaimPlan, "operations" | "changes" | "also"> = { operations: [], changes: [], also: [] };
  const state = copyState(context.state);
  simulate(state, operations);
  const rows = context.records.filter((record) => record.id !== next.id);
  const after: PlanContext = { ...context, state, records: [...rows.map((row) => moved(row, renamed)), next] };
  for (const row of rows) {
    const renamedRow = moved(row, renamed);
    if (row.retained || !isGrantOf(row.claim, next.grantee)) continue;
    const plan = planGrant(after, { action: "ensure", owner: row.owner, claim: row.claim });
    if (plan.waitsFor.length > 0 || plan.next === undefined) continue;
    simulate(state, plan.operations);
    followed.operations.push(...plan.operations);
    if (plan.operations.length > 0) followed.changes.push(...plan.changes);
    if (recordDiffers(row, plan.next) || renamedRow !== row) followed.also.push(plan.next);
  }
  return followed;
}

/** Rows of grants speak of other accounts than the login's: it had no claim before, or a change of hosts was cut short. */
export const isFollowedLate = ({ records }: PlanContext, accounts: readonly Account[]): boolean =>
  records.some((row) => !row.retained && isGrantOf(row.claim, accounts[0]?.name ?? "") && !speaksOfAll(row, accounts));

/** Whether a grant's row speaks of exactly these accounts. */
export function speaksOfAll({ items }: ClaimRecord, accounts: readonly Account[]): boolean {
  if (items.length === 0) return true;
  const named = new Set(items.map(({ item }) => accountKey(item.grantee)));
  return named.size === accounts.length && accounts.every((account) => named.has(accountKey(account)));
}

const isGrantOf = (claim: ClaimRecord["claim"], name: string): claim is GrantClaim =>
  claim.kind === "grant" && claim.grantee === name;

function moved(row: ClaimRecord, renamed: HostMoves["renamed"]): ClaimRecord {
  const target = (account: Account): Account | undefined => renamed.find(({ from }) => sameAccount(from, account))?.to;
  if (!row.items.some(({ item }) => target(item.grantee) !== undefined)) return row;
  const items = row.items.map((entry) => ({
    ...entry,
    item: { ...entry.item, grantee: target(entry.item.grantee) ?? entry.item.grantee },
  }));
  const byAccount = new Map(
    items.map((entry) => [JSON.stringify([accountKey(entry.item.grantee), entry.item]), entry]),
  );
  return { ...row, items: [...byAccount.values()] };
}
