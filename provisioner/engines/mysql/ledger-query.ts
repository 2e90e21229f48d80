import type { LedgerQuery } from "../engine";
import type { Value } from "./connection";
import { headId } from "../ledger-columns";
import { ended } from "./ledger-rows";
import { claimsTable, metaTable } from "./ledger-tables";

interface Sql {
  sql: string;
  values: Value[];
}

/** Ids are ASCII, so DEL ends the range of a prefix. */
const endOfRange = "\u007f";

const union = (parts: Sql[]): Sql => ({
  sql: parts.map((part) => part.sql).join(" UNION "),
  values: parts.flatMap((part) => part.values),
});

/** The ids a query means, each condition over its own index. */
function wanted(query: LedgerQuery): Sql[] {
  const list = (column: string, texts: string[]): Sql[] =>
    texts.length === 0 ? [] : [{ sql: `SELECT id FROM ${claimsTable} WHERE ${column} IN (?)`, values: [texts] }];
  return [
    ...list("id", query.ids),
    ...list("owner", query.owners),
    ...list("grantee", query.grantees),
    ...query.idPrefixes.map((prefix) => ({
      sql: `SELECT id FROM ${claimsTable} WHERE id >= ? AND id < ?`,
      values: [prefix, prefix + endOfRange],
    })),
  ];
}

const ascii = (expression: string): string => `CONVERT(${expression} USING ascii) COLLATE ascii_bin`;

/** The same ids under every other name that the cluster has had. */
function underOtherNames(query: LedgerQuery, family: string, cluster: string): Sql[] {
  const own = `${family}/${cluster}/`;
  const restsOf = (ids: string[]): string[] => ids.filter((id) => id.startsWith(own)).map((id) => id.slice(own.length));
  const names: Sql = {
    sql: `(SELECT ${ascii(`CONCAT('${family}/', n.name, '/')`)} AS own FROM ${metaTable} m,
      JSON_TABLE(JSON_MERGE_PRESERVE(m.former, JSON_ARRAY(m.cluster)), '$[*]' COLUMNS (name VARCHAR(64) PATH '$')) n
      WHERE n.name <> ?) other`,
    values: [cluster],
  };
  const among = (rests: string[], condition: string): Sql[] =>
    rests.length === 0
      ? []
      : [
          {
            sql: `SELECT k.id FROM ${names.sql} JOIN (${rests.map(() => `SELECT ${ascii("?")} AS rest`).join(" UNION ALL ")}) asked
              JOIN ${claimsTable} k ON ${condition}`,
            values: [...names.values, ...rests],
          },
        ];
  const id = "CONCAT(other.own, asked.rest)";
  return [
    ...among(restsOf(query.ids), `k.id = ${id}`),
    ...among(restsOf(query.idPrefixes), `k.id >= ${id} AND k.id < CONCAT(other.own, asked.rest, '${endOfRange}')`),
  ];
}

/**
 * What the ledger says of itself, beside each row. It comes with every reading, so that a newer function's upgrade is
 * noticed by one that is still running.
 */
export function readingOf(query: LedgerQuery, family: string, cluster: string): Sql {
  const parts = [...wanted({ ...query, ids: [headId, ...query.ids] }), ...underOtherNames(query, family, cluster)];
  const ids = union(parts);
  return {
    sql: `SELECT m.format, m.cluster, m.former, c.* FROM ${metaTable} m LEFT JOIN
      (SELECT k.* FROM ${claimsTable} k JOIN (${ids.sql}) w USING (id) WHERE k.state <> '${ended}') c ON TRUE`,
    values: ids.values,
  };
}

/** Of this cluster's own claims one row per owner, and one for the head of the change events. */
export const surveyOf = (family: string, cluster: string): Sql => ({
  sql: `SELECT m.format, m.cluster, m.former, s.* FROM ${metaTable} m LEFT JOIN (
    SELECT NULL AS id, owner, COUNT(*) AS claims, NULL AS generation, NULL AS claim FROM ${claimsTable}
      WHERE id >= ? AND id < ? AND state <> '${ended}' AND NOT retained GROUP BY owner
    UNION ALL SELECT id, NULL, NULL, generation, claim FROM ${claimsTable} WHERE id = '${headId}') s ON TRUE
  ORDER BY s.owner`,
  values: [`${family}/${cluster}/`, `${family}/${cluster}/${endOfRange}`],
});
