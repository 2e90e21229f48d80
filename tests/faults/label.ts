/**
 * What a statement is called in the table. Only words of this list and names of catalogs get in: whatever else stands
 * in a statement may be a user's name or a verifier.
 */
const vocabulary = new Set(
  `ADD ALL ALTER ANALYZE BEGIN BY CALL COMMENT COMMIT CREATE DATABASE DEALLOCATE DEFAULT DELETE DISCARD DO DROP EXECUTE
  EXISTS FLUSH FOR FROM GRANT GRANTS IF IGNORE INSERT INTO KILL LOCAL LOCK LOGIN NOT OLD ON OPTION OWNED PASSWORD PREPARE
  PRIVILEGES REASSIGN RENAME REPLACE REVOKE ROLE ROLES ROLLBACK SCHEMA SELECT SESSION SET SHOW START TABLE TO TRANSACTION
  UPDATE USER USING VARIABLES WARNINGS WITH`.split(/\s+/),
);

const catalog =
  /\b(?:pg_catalog\.)?(pg_[a-z_]+|mysql\.\w+|information_schema\.\w+|db_access\.\w+|get_lock|release_lock|is_used_lock|set_config|current_setting)\b/gi;

const quoted =
  /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`]|``)*`|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\//g;

const longestBeginning = 3;

function labelOfOne(statement: string): string {
  const words = statement.match(/\S+/g) ?? [];
  const beginning: string[] = [];
  for (const word of words.slice(0, longestBeginning)) {
    if (!vocabulary.has(word.toUpperCase())) break;
    beginning.push(word.toUpperCase());
  }
  if (beginning.length === 0) return words.length === 0 ? "" : "…";
  const found = [...statement.matchAll(catalog)].map(([, name]) => name.toLowerCase());
  return [...beginning, ...(found.length === 0 ? [] : [found[0]])].join(" ");
}

/** One message, whose statements are separated by semicolons. */
export function labelOf(message: string): string {
  const labels = message
    .replace(quoted, " ? ")
    .split(";")
    .map(labelOfOne)
    .filter((label) => label !== "");
  return labels.filter((label, at) => label !== labels[at - 1]).join("; ");
}
