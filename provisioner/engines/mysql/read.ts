import { accountKey, type Account } from "../../access/account";
import type { Item } from "../../access/item";
import type { AccountState, PrincipalState, ReadQuery, ServerState } from "../../access/server";
import type { Connection } from "./connection";
import type { MySqlFacts } from "./facts";
import { ask, type Answer } from "./question";
import { accountOf, accountsPart, restrictionsOf, toAccountState } from "./read-accounts";
import { definerParts, definersIn } from "./read-definers";
import { defaultRolesParts, setsDefaultRolesIn } from "./read-default-roles";
import { globalsPart, grantableGlobalsIn } from "./read-globals";
import { databasesIn, objectParts, relationsIn } from "./read-objects";
import { privilegeParts, privilegesOf, type DefaultRole } from "./read-privileges";

/** What accounts hold at one moment. */
export interface Holdings {
  items: Item[];
  defaults: DefaultRole[];
}

const holdingsIn = (answers: Map<string, Answer[]>, accounts: Account[], facts: MySqlFacts): Holdings => {
  const { items, defaults } = privilegesOf(answers, accounts, facts);
  return { items: [...items, ...(answers.get("account") ?? []).flatMap(restrictionsOf)], defaults };
};

/** Reads what a batch needs, in one message. */
export async function readState(
  connection: Connection,
  facts: MySqlFacts,
  query: ReadQuery,
): Promise<{ state: ServerState; holdings: Holdings }> {
  const parts = [
    ...(query.names.length === 0 ? [] : [accountsPart(facts, query.names), ...privilegeParts(facts, query.names)]),
    ...objectParts(query),
    ...definerParts(query.ownersOf),
    ...(query.globals === true ? [globalsPart(facts)] : []),
    ...(query.defaultRoles === true ? defaultRolesParts(facts) : []),
  ];
  const answers = await ask(connection, "reading the server's state", parts);
  const accounts = (answers.get("account") ?? []).map((answer) => toAccountState(answer, facts));
  const holdings = holdingsIn(
    answers,
    accounts.map((state) => state.account),
    facts,
  );
  return {
    holdings,
    state: {
      principals: principalsOf(accounts, answers, query),
      databases: new Map(databasesIn(answers).map((database) => [database.name, database])),
      schemas: new Map(),
      relations: relationsIn(answers),
      items: holdings.items,
      ...(query.globals === true ? { grantableGlobals: grantableGlobalsIn(answers) } : {}),
      ...setsDefaultRolesIn(answers),
    },
  };
}

function principalsOf(
  accounts: AccountState[],
  answers: Map<string, Answer[]>,
  { ownersOf }: ReadQuery,
): Map<string, PrincipalState> {
  const principals = new Map<string, PrincipalState>();
  for (const state of accounts) {
    const known = principals.get(state.account.name) ?? { name: state.account.name, accounts: [] };
    known.accounts.push(state);
    principals.set(known.name, known);
  }
  for (const [name, owns] of definersIn(answers, ownersOf)) {
    const principal = principals.get(name);
    if (principal !== undefined) principal.owns = owns;
  }
  return principals;
}

/** What exactly these accounts hold, in one message; nothing for those that do not exist. */
export async function readHoldings(connection: Connection, facts: MySqlFacts, accounts: Account[]): Promise<Holdings> {
  const names = [...new Set(accounts.map((account) => account.name))];
  const parts = [accountsPart(facts, names), ...privilegeParts(facts, names)];
  const answers = await ask(connection, "reading privileges", parts);
  const asked = new Set(accounts.map(accountKey));
  const present = (answers.get("account") ?? []).map(accountOf).filter((account) => asked.has(accountKey(account)));
  const { items, defaults } = holdingsIn(answers, present, facts);
  return { items: items.filter((item) => asked.has(accountKey(item.grantee))), defaults };
}
