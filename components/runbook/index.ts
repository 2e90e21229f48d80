export { ProvisionerRunbook } from "./runbook";
export { ProvisionerRunbookExecutionRole } from "./execution-role";
export type { ProvisionerRunbookArgs, ProvisionerRunbookExecutionRoleArgs, RunbookChildKind } from "./args";
export type { RunbookAction, RunbookLevel } from "./names";
