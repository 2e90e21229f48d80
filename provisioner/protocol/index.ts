export { accountKey, accountWords, type Account } from "../access/account";
export {
  granteeName,
  type AuthSpec,
  type Claim,
  type DatabaseClaim,
  type Deletion,
  type Future,
  type GrantClaim,
  type GranteeSpec,
  type LoginClaim,
  type RoleClaim,
  type SchemaClaim,
  type SecretSpec,
  type Target,
  type TargetKind,
} from "../access/claims";
export { claimId, migrationId, ownerDigest } from "../access/id";
export { normaliseClaim } from "../access/normalise";
export { productWords } from "../access/names";
export { removalWords } from "../access/words";
export { claimProblems, type Problem } from "../access/validate";
export type { Family, Product } from "../access/server";
export { DbAccessError, errorCodes, type ErrorBody, type ErrorCode } from "../errors";
export { claimSchema } from "./claims";
export type { Inventory, InventoryRequest } from "./inventory";
export { readFolder, type MigrationFile } from "../migrations/folder";
export {
  migrationSchema,
  otherTools,
  type MigrationOperation,
  type MigrationRequest,
  type MigrationSpec,
  type MigrationStatus,
  type OtherTool,
} from "./migrations";
export {
  MAX_CLAIMS_PER_REQUEST,
  jsonSchemas,
  replySchema,
  requestSchema,
  type Change,
  type ClaimRequest,
  type ClaimResult,
  type Mode,
  type Outputs,
  type Reply,
  type Request,
} from "./messages";
export {
  clusterNamePattern,
  engineNames,
  familyOf,
  migrationsKeyOf,
  migrationsPrefixOf,
  productOf,
  provisionerRefSchema,
  type EngineName,
  type ProvisionerRef,
} from "./ref";
export { commonVersion, mismatchWords, protocolRange } from "./version";
