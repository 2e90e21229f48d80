import * as pulumi from "@pulumi/pulumi";
import { PROVIDER_KEY } from "../lifecycle/wire";
import { providerTexts, typeOf } from "../shim";
import type { Children } from "./children";
import type { ProvisionerRefOutputs } from "./ref-outputs";

interface GuardArgs {
  provisioner: ProvisionerRefOutputs;
  forceDestroy: boolean;
}

/** Not a resource of AWS: its end is a question to the access function, and refuses while anything is claimed. */
class ProvisionerGuard extends pulumi.CustomResource {
  constructor(name: string, args: GuardArgs, opts?: pulumi.CustomResourceOptions) {
    const seeded = { onDelete: undefined, ...args, [PROVIDER_KEY]: providerTexts.ProvisionerGuard };
    super(typeOf("ProvisionerGuard"), name, seeded, opts);
  }
}

/** Made after every other child, so that it is the first to be deleted: a refusal leaves everything as it is. */
export const makeGuard = (
  children: Children,
  ref: ProvisionerRefOutputs,
  forceDestroy: boolean,
): pulumi.Output<string> => {
  const args = { provisioner: ref, forceDestroy };
  return children.make("guard", ProvisionerGuard, "guard", args, { dependsOn: [...children.made] }).id;
};

/**
 * The ref, known once the guard is there: logins of the same program come after it and go before it, so that it does
 * not meet their claims.
 */
export const behindGuard = (ref: ProvisionerRefOutputs, guard: pulumi.Output<string>): ProvisionerRefOutputs => ({
  ...ref,
  functions: pulumi.all([ref.functions, guard]).apply(([functions]) => functions),
});
