import { accountKey, sameAccount, type Account } from "../../access/account";
import { itemKey, opposite, type Item } from "../../access/item";
import type { Operation } from "../../access/operation";
import { isMariaDb, type MySqlFacts } from "./facts";
import { defaultsAfterGrant } from "./grants";
import { groupByLevel, itemsAt, rolesOf, wholeServer } from "./levels";
import { roleAccount } from "./names";
import type { Holdings } from "./read";
import type { DefaultRole } from "./read-privileges";

/**
 * What accounts hold, as last read under the lock and moved on by what ran since, so that a revoke need not ask again.
 * An account that is not in here is asked for.
 */
export class Held {
  private readonly byAccount = new Map<string, Holdings>();

  constructor(private readonly facts: MySqlFacts) {}

  clear(): void {
    this.byAccount.clear();
  }

  /** Everything these accounts hold. */
  remember(accounts: Account[], { items, defaults }: Holdings): void {
    for (const account of accounts)
      this.byAccount.set(accountKey(account), {
        items: items.filter((item) => sameAccount(item.grantee, account)),
        defaults: defaults.filter((each) => sameAccount(each.grantee, account)),
      });
  }

  knows(account: Account): boolean {
    return this.byAccount.has(accountKey(account));
  }

  of(accounts: Account[]): Holdings {
    const keys = new Set(accounts.map(accountKey));
    const found = [...keys].flatMap((key) => this.byAccount.get(key) ?? []);
    return { items: found.flatMap((each) => each.items), defaults: found.flatMap((each) => each.defaults) };
  }

  /** The outcome is not known: it failed half-way, or the server decides what it means. */
  forget(operation: Operation): void {
    for (const account of accountsOf(operation)) this.byAccount.delete(accountKey(account));
  }

  /** Moves on by what has just run. */
  advance(operation: Operation): void {
    switch (operation.op) {
      case "createLogin":
      case "createRole":
        this.remember([operation.account], { items: [], defaults: [] });
        return;
      case "dropPrincipal":
        this.drop(operation.account);
        return;
      case "renameAccount":
        this.rename(operation.account, operation.to);
        return;
      case "grant":
      case "revoke":
      case "revokeGrantOption":
        if (this.isPredictable(operation.items)) this.change(operation);
        else this.forget(operation);
        return;
      default:
        return;
    }
  }

  /** Options on the whole server come and go one by one on MySQL, and partial revokes depend on what is held there. */
  private isPredictable(items: Item[]): boolean {
    if (isMariaDb(this.facts)) return true;
    return !items.some(
      (item) => item.kind === "global" || (this.facts.partialRevokes === true && item.kind === "database"),
    );
  }

  private drop(account: Account): void {
    this.byAccount.delete(accountKey(account));
    // A role that is gone is nobody's any more. On MariaDB an account may have a role's name and leaves it alone.
    const isRole = (name: string): boolean => sameAccount(roleAccount(name, this.facts), account);
    for (const [key, { items, defaults }] of this.byAccount)
      this.byAccount.set(key, {
        items: items.filter((item) => item.kind !== "role" || !isRole(item.object)),
        defaults: defaults.filter(({ role }) => !sameAccount(role, account)),
      });
  }

  private rename(from: Account, to: Account): void {
    const { items, defaults } = this.of([from]);
    const known = this.knows(from);
    this.byAccount.delete(accountKey(from));
    if (!known) return;
    this.byAccount.set(accountKey(to), {
      items: items.map((item) => ({ ...item, grantee: to })),
      defaults: defaults.map((each) => ({ ...each, grantee: to })),
    });
  }

  private change(operation: Operation & { items: Item[] }): void {
    const byAccount = new Map<string, Item[]>();
    for (const item of operation.items)
      byAccount.set(accountKey(item.grantee), [...(byAccount.get(accountKey(item.grantee)) ?? []), item]);
    for (const [key, items] of byAccount) {
      const held = this.byAccount.get(key);
      if (held !== undefined) this.byAccount.set(key, this.changed(operation.op, items, held));
    }
  }

  private changed(op: Operation["op"], items: Item[], held: Holdings): Holdings {
    if (op === "grant") {
      const granted = [...without(held.items, items), ...items.map((item) => mergeOption(item, held.items))];
      return this.settled(granted, defaultsAfterGrant(items, held.defaults, this.facts));
    }
    if (op === "revoke") {
      const roles = new Set(rolesOf(items).map((item) => item.object));
      return this.settled(
        without(held.items, items),
        held.defaults.filter(({ role }) => !roles.has(role.name)),
      );
    }
    const levels = groupByLevel(items, this.facts);
    const plain = new Set(
      groupByLevel(held.items, this.facts).flatMap((group) => (itemsAt(group, levels).length > 0 ? group.items : [])),
    );
    const roles = new Set(rolesOf(items).map(itemKey));
    return {
      items: held.items.map((item) =>
        plain.has(item) || roles.has(itemKey(item)) ? { ...item, grantable: false } : item,
      ),
      defaults: held.defaults,
    };
  }

  /** One grant option for all privileges of a level, and a membership's place among the defaults. */
  private settled(items: Item[], defaults: DefaultRole[]): Holdings {
    const withOption = new Set(
      groupByLevel(items, this.facts)
        .filter((group) => group.level !== wholeServer || isMariaDb(this.facts))
        .flatMap((group) => (group.items.some((item) => item.grantable) ? group.items : [])),
    );
    const active = new Set(defaults.map(({ role }) => role.name));
    return {
      items: items.map((item) => {
        if (item.kind === "role") return { ...item, options: { default: active.has(item.object) } };
        return withOption.has(item) ? { ...item, grantable: true } : item;
      }),
      defaults,
    };
  }
}

const accountsOf = (operation: Operation): Account[] => {
  if ("items" in operation) return operation.items.map((item) => item.grantee);
  if (operation.op === "renameAccount") return [operation.account, operation.to];
  return "account" in operation ? [operation.account] : [];
};

const without = (items: Item[], gone: Item[]): Item[] => {
  const keys = new Set(gone.flatMap((item) => [itemKey(item), itemKey(opposite(item))]));
  return items.filter((item) => !keys.has(itemKey(item)));
};

/** Granting without the option leaves one that is there. */
const mergeOption = (item: Item, held: Item[]): Item => ({
  ...item,
  grantable: item.grantable || held.some((each) => itemKey(each) === itemKey(item) && each.grantable),
});
