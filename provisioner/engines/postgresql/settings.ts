import { canonicalSetting, settingList } from "../../access/settings";
import { DbAccessError } from "../../errors";
import { dotted, identifier, literal } from "./quote";
import { plainStatement, type Statement } from "./statements";

/**
 * Values stay as they were given, also `5s` or `on`: the server stores and shows them so. A list of names is given name
 * by name, because one quoted text would be one name, and is read back in the one spelling of `canonicalSetting`.
 */
export const setSettings = (role: string, settings: Record<string, string | null>): Statement[] =>
  Object.entries(settings).map(([name, value]) =>
    plainStatement(
      `ALTER ROLE ${identifier(role)} ${value === null ? `RESET ${dotted(name)}` : `SET ${dotted(name)} TO ${valueText(name, value)}`}`,
    ),
  );

function valueText(name: string, value: string): string {
  const list = settingList(name, value);
  if (list === "malformed")
    throw new DbAccessError(
      "InvalidInput",
      `${JSON.stringify(value)} is not a list of names for the setting ${name}; write for example app, "My Schema".`,
    );
  if (list === undefined) return literal(value);
  return list.length === 0 ? literal("") : list.map(literal).join(", ");
}

/** How the server keeps a list without names: as one empty name. */
const emptyList = '""';

/** From `name=value`, as pg_roles has them. The server keeps the capitals of some names, such as DateStyle. */
export const settingsOf = (stored: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    stored.map((text) => {
      const name = text.slice(0, text.indexOf("=")).toLowerCase();
      const value = text.slice(text.indexOf("=") + 1);
      const empty = value === emptyList && settingList(name, "") !== undefined;
      return [name, empty ? "" : canonicalSetting(name, value)];
    }),
  );
