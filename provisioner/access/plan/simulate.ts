import { accountKey, sameAccount } from "../account";
import { itemKey, opposite, type Item } from "../item";
import type { Operation } from "../operation";
import { schemaKey, type AccountState, type ServerState } from "../server";

/**
 * Advances a state as if an operation had run, so that the next claim of a batch is planned on what it will find.
 * Only what planning looks at is kept; reading back decides what really happened.
 */
export function simulate(state: ServerState, operations: readonly Operation[]): void {
  for (const operation of operations) simulateOne(state, operation);
}

const update = (
  state: ServerState,
  name: string,
  change: (account: AccountState) => AccountState,
  which: (account: AccountState) => boolean,
): void => {
  const principal = state.principals.get(name);
  if (principal !== undefined)
    state.principals.set(name, {
      ...principal,
      accounts: principal.accounts.map((account) => (which(account) ? change(account) : account)),
    });
};

function simulateOne(state: ServerState, operation: Operation): void {
  switch (operation.op) {
    case "createLogin":
    case "createRole": {
      const { account } = operation;
      const known = state.principals.get(account.name) ?? { name: account.name, accounts: [] };
      const login = operation.op === "createLogin";
      const attributes = operation.op === "createLogin" ? operation.attributes : {};
      const created: AccountState = {
        account,
        login: login && attributes.locked !== true,
        auth: operation.op === "createLogin" ? operation.auth : "none",
        locked: attributes.locked ?? false,
        requireTls: attributes.requireTls ?? false,
        connectionLimit: attributes.connectionLimit ?? null,
        validUntil: attributes.validUntil ?? null,
        passwordExpires: attributes.passwordExpires ?? null,
        limits: attributes.limits,
        settings: settingsAfter({}, attributes.settings),
        system: false,
        administrable: true,
      };
      state.principals.set(account.name, { ...known, accounts: [...known.accounts, created] });
      return;
    }
    case "alterLogin":
      update(
        state,
        operation.account.name,
        (account) => ({
          ...account,
          ...operation.attributes,
          settings: settingsAfter(account.settings ?? {}, operation.attributes.settings),
        }),
        (account) => sameAccount(account.account, operation.account),
      );
      return;
    case "setAuth":
      update(
        state,
        operation.account.name,
        (account) => ({ ...account, auth: operation.auth }),
        (account) => sameAccount(account.account, operation.account),
      );
      return;
    case "renameAccount":
      update(
        state,
        operation.account.name,
        (account) => ({ ...account, account: operation.to }),
        (account) => sameAccount(account.account, operation.account),
      );
      state.items = state.items.map((item) =>
        sameAccount(item.grantee, operation.account) ? { ...item, grantee: operation.to } : item,
      );
      return;
    case "reassignOwned":
    case "dropOwned": {
      const principal = state.principals.get(operation.account.name);
      if (principal !== undefined) state.principals.set(principal.name, { ...principal, owns: [] });
      return;
    }
    case "dropPrincipal": {
      const principal = state.principals.get(operation.account.name);
      const accounts = (principal?.accounts ?? []).filter(
        (account) => !sameAccount(account.account, operation.account),
      );
      if (principal === undefined || accounts.length === 0) state.principals.delete(operation.account.name);
      else state.principals.set(principal.name, { ...principal, accounts });
      state.items = state.items.filter((item) => accountKey(item.grantee) !== accountKey(operation.account));
      return;
    }
    case "createDatabase":
      state.databases.set(operation.database, {
        name: operation.database,
        charset: operation.charset,
        connectable: true,
      });
      return;
    case "setDatabaseOwner": {
      const database = state.databases.get(operation.database);
      if (database !== undefined) state.databases.set(operation.database, { ...database, owner: operation.owner });
      return;
    }
    case "dropDatabase":
      state.databases.delete(operation.database);
      state.items = state.items.filter((item) => item.database !== operation.database);
      return;
    case "createSchema":
      state.schemas.set(schemaKey(operation.database, operation.schema), {
        database: operation.database,
        name: operation.schema,
        owner: operation.owner ?? "",
      });
      return;
    case "setSchemaOwner":
      state.schemas.set(schemaKey(operation.database, operation.schema), {
        database: operation.database,
        name: operation.schema,
        owner: operation.owner,
      });
      return;
    case "dropSchema":
      state.schemas.delete(schemaKey(operation.database, operation.schema));
      return;
    case "grant": {
      // A partial revoke is lifted, and what the account holds on the whole server is all it then has.
      const partial = new Set(state.items.filter((item) => item.absent === true).map(itemKey));
      const lifts = (item: Item): boolean => partial.has(itemKey(opposite(item)));
      const lifted = operation.items.filter(lifts).map(opposite);
      const keys = new Set([...operation.items, ...lifted].map(itemKey));
      state.items = [
        ...state.items.filter((item) => !keys.has(itemKey(item))),
        ...operation.items.filter((item) => !lifts(item)),
      ];
      return;
    }
    case "revoke": {
      const held = new Set(state.items.map(itemKey));
      const partial = operation.items.filter((item) => !held.has(itemKey(item)) && heldGlobally(state, item));
      state.items = [...without(state.items, operation.items), ...partial.map(opposite)];
      return;
    }
    case "revokeGrantOption": {
      const keys = new Set(operation.items.map(itemKey));
      state.items = state.items.map((item) => (keys.has(itemKey(item)) ? { ...item, grantable: false } : item));
      return;
    }
    case "lockLogin":
      update(
        state,
        operation.account.name,
        (account) => ({ ...account, locked: true }),
        (account) => sameAccount(account.account, operation.account),
      );
      return;
    case "setPassword":
    case "addPassword":
    case "discardPassword":
    case "endSessions":
      return;
  }
}

/** MySQL: what is held on the whole server is revoked of one database. */
const heldGlobally = (state: ServerState, { grantee, kind, privilege }: Item): boolean =>
  kind === "database" &&
  state.items.some(
    (item) => item.kind === "global" && item.privilege === privilege && sameAccount(item.grantee, grantee),
  );

const without = (items: readonly Item[], gone: readonly Item[]): Item[] => {
  const keys = new Set(gone.map(itemKey));
  return items.filter((item) => !keys.has(itemKey(item)));
};

const settingsAfter = (
  before: Record<string, string>,
  change: Record<string, string | null> | undefined,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ ...before, ...change }).filter((entry): entry is [string, string] => entry[1] !== null),
  );

/** A copy that can be advanced while the original stays: maps and lists are replaced or changed as a whole. */
export const copyState = (state: ServerState): ServerState => ({
  ...state,
  principals: new Map(state.principals),
  databases: new Map(state.databases),
  schemas: new Map(state.schemas),
  items: [...state.items],
});
