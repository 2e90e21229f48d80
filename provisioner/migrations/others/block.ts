import type { HistoryRow } from "../history";
import type { Block } from "../plan";
import { toolNames, type OtherHistory } from "./tool";

/** An apply would run once more what another tool has run: somebody has to say what is there. */
export function otherHistoryBlock(
  others: readonly OtherHistory[],
  history: readonly HistoryRow[],
  baseline: string | undefined,
): Block | undefined {
  const [other] = others;
  if (other === undefined || history.length > 0 || baseline !== undefined) return undefined;
  const named = others.map(({ tool, table }) => `${toolNames[tool]} (${table})`).join(" and ");
  return {
    code: "otherHistory",
    file: other.table,
    words: `${named} has a history in this database, and this one is empty: what has run would run once more. "db-access migrate baseline --from ${other.tool}" counts as there what has run by it; baseline: "<number>" counts everything up to a number; baseline: "0" counts nothing, where that history is about something else.`,
  };
}
