/** Settings whose value is a list of names. Source: GUC_LIST_QUOTE in PostgreSQL's guc_tables.c, 13 to 18. */
const listSettings = [
  "local_preload_libraries",
  "search_path",
  "session_preload_libraries",
  "shared_preload_libraries",
  "temp_tablespaces",
  "unix_socket_directories",
];

const listForm = /^\s*(?:(?:"(?:[^"]|"")+"|[^",\s]+)\s*(?:,\s*(?:"(?:[^"]|"")+"|[^",\s]+)\s*)*)?$/;

/** Whose names are identifiers, in lower case where they are not quoted; the others are names of files. */
const identifierLists = ["search_path", "temp_tablespaces"];

/** The names of a list setting, with or without quotes: `"$user", public`. Undefined for a setting that is no list. */
export function settingList(name: string, value: string): string[] | "malformed" | undefined {
  if (!listSettings.includes(name.toLowerCase())) return undefined;
  if (!listForm.test(value)) return "malformed";
  const folds = identifierLists.includes(name.toLowerCase());
  return [...value.matchAll(/"((?:[^"]|"")+)"|([^",\s]+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (folds ? plain.toLowerCase() : plain) : quoted.replaceAll('""', '"'),
  );
}

const plainName = /^[a-z_][a-z0-9_$]*$/;

/** One spelling for every way of writing a list; everything else is kept by the server as it was given. */
export function canonicalSetting(name: string, value: string): string {
  const list = settingList(name, value);
  if (list === undefined || list === "malformed") return value;
  return list.map((each) => (plainName.test(each) ? each : `"${each.replaceAll('"', '""')}"`)).join(", ");
}
