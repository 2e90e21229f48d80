import type * as pulumi from "@pulumi/pulumi";
import type { ChildTransforms } from "../provisioner/children";
import type { RunbookAction, RunbookLevel } from "./names";

/** The kinds of resources that a runbook and its execution role are made of. */
export const runbookChildKinds = ["document", "role", "rolePolicy"] as const;
export type RunbookChildKind = (typeof runbookChildKinds)[number];

interface CommonRunbookArgs {
  /** Name of the document, 3 to 49 characters. Default `db-access-runbook`. */
  documentName?: string;
  /** Name of the administration role in the central account. Default `<documentName>-administration`. */
  administrationRoleName?: string;
  /** Name of the execution role, the same in every database account. Default `<documentName>-execution`. */
  executionRoleName?: string;
  /** A managed policy that bounds what the role can ever do. Default: none. */
  permissionsBoundary?: pulumi.Input<string>;
  /** Tags of everything that has tags, besides `db-access:runbook`. */
  tags?: Record<string, pulumi.Input<string>>;
  /** Last word on the inputs of every child of a kind: `document`, `role`, `rolePolicy`. */
  transforms?: ChildTransforms<RunbookChildKind>;
}

export interface ProvisionerRunbookArgs extends CommonRunbookArgs {
  /** The accounts of the databases, 12 digits each: the document is shared with them. This one may be among them. */
  accountIds: string[];
  /** The actions that it has, for operators who may do less. Default: all four. */
  actions?: RunbookAction[];
  /** The levels that it has. Default: all three. */
  levels?: RunbookLevel[];
  /** The clusters that it is for. Default: whatever the execution roles may reach. */
  clusterNames?: string[];
}

export interface ProvisionerRunbookExecutionRoleArgs extends CommonRunbookArgs {
  /** The account in which the runbook is. */
  centralAccountId: pulumi.Input<string>;
  /** The `clusterName` of each provisioner of this account that the runbook may use. */
  clusterNames: string[];
  /** Where those provisioners are. Default: the provider's Region. A role is there once for all Regions. */
  regions?: string[];
  /** The central account has to belong to it. Default: not asked. */
  organizationId?: pulumi.Input<string>;
}
