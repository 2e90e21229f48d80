import type fc from "fast-check";
import type { Claim, GrantClaim } from "../../provisioner/protocol";
import type { World } from "../support/world";
import type { Fact, Meaning } from "./reference";

/** SQL that somebody runs by hand: neither the provisioner nor through it. */
export interface ByHand {
  /** Default: the server's superuser. */
  admin?: true;
  database?: string;
  sql: string;
}

/** Where there may be one claim of an owner, whatever it says. */
export interface Slot {
  owner: string;
  name: string;
  claim: fc.Arbitrary<GrantClaim>;
}

/** What one engine has: objects, grantees, the claims on them and how all of it is read and changed by hand. */
export interface Universe {
  /** The server's own. */
  settings?: Record<string, string>;
  /** Principals and the database, made through the provisioner. */
  claims: Claim[];
  /** Everything else, by hand. */
  setUp: ByHand[];
  slots: Slot[];
  /** What may be granted and revoked by hand. */
  facts: Fact[];
  grant(fact: Fact): ByHand;
  revoke(fact: Fact): ByHand;
  /** Other things that people do by hand, in words. */
  accidents: Record<string, ByHand[]>;
  /** Every privilege there is in the universe, by the server's own catalog. */
  catalog(world: World): Promise<Fact[]>;
  optionOf(option: Fact, held: Fact): boolean;
  meaning(claim: GrantClaim, tables: readonly string[]): Meaning;
  /** Tables that there are besides the ones that stay. */
  tables(world: World): Promise<string[]>;
}
