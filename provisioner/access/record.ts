import type { Claim } from "./claims";
import type { Item } from "./item";

/** An item as recorded in the ledger: with what was there before this claim took it. */
export interface RecordedItem {
  item: Item;
  /** It was held already: this claim's end does not take it away. */
  before: boolean;
  /** It is claimed with its grant option, and had that already: this claim's end leaves the option. */
  optionBefore?: boolean;
}

/** One row of the ledger: one live claim. */
export interface ClaimRecord {
  id: string;
  owner: string;
  kind: Claim["kind"];
  /** Principal's name, or a grant's grantee; empty for databases and schemas. The ledger is indexed by it. */
  grantee: string;
  database: string;
  /** `intent`: statements may have run and nobody has read back. */
  state: "intent" | "done";
  /** Counts changes of credentials; idempotency tokens derive from it. */
  generation: number;
  /** The object was there before and was adopted: retained on delete unless told otherwise. */
  adopted: boolean;
  /** Kept, with nobody claiming it, by deletion `retain`; the same owner may take it back without `adopt`. */
  retained: boolean;
  claim: Claim;
  items: RecordedItem[];
  credentials?: CredentialRecord;
}

/** What the ledger knows of a login's secret. Never a password, never a verifier. */
export interface CredentialRecord {
  secretArn: string;
  secretVersionId: string;
  /** The `passwordVersion` that was asked for when the password was last set. */
  passwordVersion: number;
  /** ISO time. */
  passwordLastChanged: string;
  /** The secret is somebody else's, and supplies the password. */
  supplied?: true;
  /** What the secret says besides user name and password, as text that can be compared. */
  content?: string;
  /** `alternating`: the login that the secret names. */
  active?: Turn;
  /** What works besides the current password, and ends at `until`, an ISO time. */
  grace?: { what: "password" | "turn" | "formerLogin"; until: string };
  /** The version whose password stands in the parameters. */
  parameterVersion?: string;
}

/** Which of two alternating logins. */
export type Turn = "a" | "b";

/** A claim as a row keeps it: how it came to be is over once it is there. */
export function recordable<C extends Claim>(claim: C): C {
  const recorded: C & { begun?: unknown } = { ...claim };
  delete recorded.adopt;
  delete recorded.begun;
  return recorded;
}
