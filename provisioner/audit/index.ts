export { audit } from "./audit";
export { deliverAudit } from "./delivery";
export type { AuditEvent, AuditRecord, ChangeLink } from "./event";
export { ChangeTrail } from "./trail";
