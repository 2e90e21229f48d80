import { isRecord, type Properties } from "./wire";

/** What `deletion` may say beside its policy, under the names of the claim's own fields. */
const details = ["reassignOwnedTo", "dropOwned", "endSessions"] as const;

const present = (from: Properties): Properties =>
  Object.fromEntries(details.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));

/** The claim's fields: people write one thing, the claim has it flat. */
export function flatDeletion(deletion: unknown): Properties {
  if (!isRecord(deletion)) return deletion === undefined ? {} : { deletion };
  return { ...(deletion.policy === undefined ? {} : { deletion: deletion.policy }), ...present(deletion) };
}

/** The input that says the same, as short as it can be. */
export function deletionInput(claim: Properties): unknown {
  const more = present(claim);
  return Object.keys(more).length === 0 ? claim.deletion : { policy: claim.deletion, ...more };
}

/** Arguments that no `deletion` has, and that the claim therefore does not show. */
export const oddDetails = (deletion: unknown): string[] =>
  isRecord(deletion)
    ? Object.keys(deletion).filter((key) => key !== "policy" && !(details as readonly string[]).includes(key))
    : [];

/** Where a field of the claim stands among the inputs. */
export function deletionPath(field: string, deletion: unknown): string[] | undefined {
  if (field === "deletion" && isRecord(deletion)) return ["deletion", "policy"];
  return (details as readonly string[]).includes(field) ? ["deletion", field] : undefined;
}
