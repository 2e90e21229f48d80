import { createHash } from "node:crypto";
import { databaseOfTarget, schemaOfTarget, type Claim, type GrantClaim } from "./claims";
import type { Family } from "./server";

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

/** SHA-256 of the owner in lower-case base32. */
export function ownerDigest(owner: string): string {
  let bits = 0n;
  for (const byte of createHash("sha256").update(owner, "utf8").digest()) bits = (bits << 8n) | BigInt(byte);
  bits <<= 4n; // 256 bits are 51.2 characters; pad to 52
  let text = "";
  for (let shift = 255n; shift >= 0n; shift -= 5n) text += alphabet[Number((bits >> shift) & 31n)];
  return text;
}

const join = (...segments: string[]): string => segments.map((segment) => encodeURIComponent(segment)).join("/");

/** Of the applied set of a folder of SQL files. */
export const migrationId = (family: Family, cluster: string, database: string, historyTable: string): string =>
  join(family, cluster, "migration", database, historyTable);

/** A grant's grantee with its host, where it names one account of a login. */
const granteeSegment = ({ grantee }: GrantClaim): string =>
  typeof grantee === "string"
    ? encodeURIComponent(grantee)
    : // The @ itself is not encoded: no name can be taken for it.
      `${encodeURIComponent(grantee.name)}@${encodeURIComponent(grantee.host)}`;

/** The id without its last segment for grants, the whole id for everything else: what re-entry looks for. */
export function claimIdPrefix(family: Family, cluster: string, claim: Claim): string {
  switch (claim.kind) {
    case "login":
    case "role":
      return join(family, cluster, "principal", claim.name);
    case "database":
      return join(family, cluster, "database", claim.name);
    case "schema":
      return join(family, cluster, "schema", claim.database, claim.name);
    case "migration":
      return migrationId(family, cluster, claim.database, claim.historyTable);
    case "grant": {
      const { on } = claim;
      const database = on.kind === "role" ? on.role : databaseOfTarget(on);
      const schema = schemaOfTarget(on);
      return `${join(family, cluster, "grant")}/${granteeSegment(claim)}/${join(on.kind, database, schema)}/`;
    }
  }
}

/** Deterministic and injective. `length` grows only when a live claim of another owner has the shorter id already. */
export const claimId = (family: Family, cluster: string, claim: Claim, owner: string, length = 10): string => {
  const prefix = claimIdPrefix(family, cluster, claim);
  return claim.kind === "grant" ? prefix + ownerDigest(owner).slice(0, length) : prefix;
};
