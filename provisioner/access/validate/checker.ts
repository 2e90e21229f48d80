import type { LoginClaim, RoleClaim } from "../claims";
import { productWords, type NameKind } from "../names";
import type { Product } from "../server";

export interface Problem {
  code:
    | "InvalidInput"
    | "NameTooLong"
    | "ReservedName"
    | "UnknownPrivilege"
    | "NotSupported"
    | "SecretNameRefused"
    | "RotationRefused";
  /** The input property of the resource, for example `on.tables[0]` or `secret.name`. */
  property: string;
  /** One sentence: what is wrong with which value, and the fix. */
  message: string;
}

/** What is known when a claim is checked. Offline the version is not. */
export interface ValidationContext {
  product: Product;
  versionNumber?: number;
  secretNamePrefixes: readonly string[];
  /** Where the provisioner and its secrets are. Without them nothing is said about other accounts and Regions. */
  account?: string;
  region?: string;
  /** MySQL, MariaDB: what the provisioner allows on the whole server beside the usual; only it knows. */
  allowGlobalPrivileges?: readonly string[];
  /** The provisioner's own login; only it knows. */
  admin?: string;
  /** Names that are unknown at preview are not checked: the caller passes a placeholder test. */
  isUnknown?: (value: unknown) => boolean;
}

export interface Checker {
  context: ValidationContext;
  known: (value: unknown) => boolean;
  add: (property: string, message: string, code?: Problem["code"]) => void;
  name: (kind: NameKind, property: string, value: unknown) => void;
}

/** What a claim says about the objects a dropped principal owns. */
export function ownedProblems(claim: LoginClaim | RoleClaim, { context, known, add, name }: Checker): void {
  const { reassignOwnedTo, dropOwned } = claim;
  if (context.product !== "postgresql") {
    const words = productWords(context.product);
    if (known(reassignOwnedTo))
      add("deletion.reassignOwnedTo", `${words} objects have definers and no owner; remove it.`, "NotSupported");
    if (known(dropOwned) && dropOwned === true)
      add("deletion.dropOwned", `${words} objects have definers and no owner; remove it.`, "NotSupported");
    return;
  }
  if (reassignOwnedTo === undefined) return;
  name("role", "deletion.reassignOwnedTo", reassignOwnedTo);
  if (dropOwned === true) add("deletion.dropOwned", "reassignOwnedTo and dropOwned are both given; keep one of them.");
  if (known(reassignOwnedTo) && reassignOwnedTo === claim.name)
    add("deletion.reassignOwnedTo", `${claim.name} is what is dropped; name another role.`);
  if (context.admin !== undefined && reassignOwnedTo === context.admin)
    add(
      "deletion.reassignOwnedTo",
      `${context.admin} is the provisioner's own login, whose rights functions of its own would run with; name a role.`,
      "ReservedName",
    );
}
