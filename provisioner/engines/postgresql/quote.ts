import { escapeIdentifier, escapeLiteral } from "pg";

import { isPublic, type Account } from "../../access/account";
import { DbAccessError } from "../../errors";

/** The server's limit (NAMEDATALEN): a longer name is cut silently and then means another object. */
export const maxNameBytes = 63;

/** No null character and no half of a surrogate pair, which would silently become another character. */
const storable = (text: string): boolean =>
  !text.includes("\u0000") && Buffer.from(text, "utf8").toString("utf8") === text;

/** A name as SQL text. Refuses what the server would change or could not store. */
export function identifier(name: string): string {
  if (name === "" || !storable(name))
    throw new DbAccessError("InvalidInput", `${JSON.stringify(name)} cannot be a name in PostgreSQL.`);
  if (Buffer.byteLength(name, "utf8") > maxNameBytes)
    throw new DbAccessError("NameTooLong", `${JSON.stringify(name)} has more than ${maxNameBytes} bytes; shorten it.`);
  return escapeIdentifier(name);
}

export const qualified = (schema: string, name: string): string => `${identifier(schema)}.${identifier(name)}`;

/** A parameter or setting, `work_mem` or `app.tenant`: the dot separates two names. */
export const dotted = (name: string): string => name.split(".").map(identifier).join(".");

/** PUBLIC is a keyword: quoted it would name a role. */
export const grantee = (account: Account): string => (isPublic(account) ? "PUBLIC" : identifier(account.name));

export function literal(text: string): string {
  if (!storable(text))
    throw new DbAccessError(
      "InvalidInput",
      "A text for PostgreSQL has a null character or half of a surrogate pair; remove it.",
    );
  return escapeLiteral(text);
}

/** Keywords only: a privilege is never quoted, so nothing but its spelling may get into a statement. */
export function privilegeKeyword(privilege: string): string {
  if (!/^[A-Z]+( [A-Z]+)*$/.test(privilege))
    throw new DbAccessError("UnknownPrivilege", `${JSON.stringify(privilege)} is not a privilege in PostgreSQL.`);
  return privilege;
}

/** A large object's oid, which is a number and no name. */
export function oid(text: string): string {
  if (!/^[1-9][0-9]{0,9}$/.test(text))
    throw new DbAccessError("InvalidInput", `${JSON.stringify(text)} is not the number of a large object.`);
  return text;
}

const routineSignature = /^("(?:[^"]|"")+"|[^"(]+)\(((?:[^"();']|"(?:[^"]|"")+")*)\)$/;

/**
 * `total(integer)` as PostgreSQL prints it. The argument types stay as they are: outside of quotes they hold no
 * character that could end the statement or the list.
 */
export function routine(schema: string, signature: string): string {
  const parts = routineSignature.exec(signature);
  const outsideOfQuotes = signature.replace(/"(?:[^"]|"")*"/g, '""');
  // Comments, dollar quotes and U&"…", which would mean something else than the text says.
  if (parts === null || /--|\/\*|[$&]/.test(outsideOfQuotes))
    throw new DbAccessError(
      "InvalidInput",
      `${JSON.stringify(signature)} is not a signature such as "total(integer)".`,
    );
  const [, name, types] = parts;
  const bare = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
  return `${qualified(schema, bare)}(${types})`;
}
