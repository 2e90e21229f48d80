/**
 * Who holds a privilege. On PostgreSQL a role, `host` is absent. On MySQL and MariaDB an account; a role has host `%`
 * on MySQL and none (empty string) on MariaDB.
 */
export interface Account {
  name: string;
  host?: string;
}

/** PostgreSQL's PUBLIC. No role can carry the name: every spelling of "public" is reserved there. */
export const PUBLIC: Account = { name: "PUBLIC" };

export const isPublic = (account: Account): boolean => account.name === "PUBLIC" && account.host === undefined;

/** Injective: neither part can contain the separator, because control characters are refused in names. */
export const accountKey = (account: Account): string =>
  account.host === undefined ? account.name : `${account.name}\u0000${account.host}`;

export const sameAccount = (a: Account, b: Account): boolean => accountKey(a) === accountKey(b);

/** For people: `orders_api` or `orders_api@10.0.%`; `@%` goes without saying. */
export const accountWords = (account: Account): string =>
  account.host === undefined || account.host === "" || account.host === "%"
    ? account.name
    : `${account.name}@${account.host}`;
