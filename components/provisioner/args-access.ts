import type * as pulumi from "@pulumi/pulumi";

/** Who may invoke a function. The lists are plain: they decide which permissions there are. */
export interface PrincipalsArgs {
  /** ARNs of IAM roles or users, of this account or others. */
  roleArns?: pulumi.Input<string>[];
  /** Accounts, 12 digits each, whose own IAM policies then decide. */
  accountIds?: pulumi.Input<string>[];
  /**
   * Together with `roleArns` or `accountIds`: they must belong to this organisation as well. Alone: every account of it,
   * and everybody in this one.
   */
  organizationId?: pulumi.Input<string>;
}

/** A role in this account that others assume to reach the provisioner: for tooling in an account of its own. */
export interface InvokeRoleArgs {
  /** ARNs of IAM roles, users or account roots, or account ids, that may assume it. */
  principals: pulumi.Input<string>[];
  /** Demanded from whoever assumes it, 2 to 1224 characters. It is part of the ref and not a secret. */
  externalId: pulumi.Input<string>;
  /**
   * Whether the ref says to come through this role. Then those who use the ref are those who may assume it. Default true.
   */
  inRef?: boolean;
}

export interface AccessArgs extends PrincipalsArgs {
  /** Who may invoke the `migrate` function. Default: the same; `{}` for nobody. */
  migrate?: PrincipalsArgs;
  /** A role to come through. Default: none. */
  role?: InvokeRoleArgs;
}
