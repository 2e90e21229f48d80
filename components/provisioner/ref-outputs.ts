import type { EngineName, ProvisionerRef } from "../../provisioner/protocol";
import type { DeepInput } from "../reference";

/** A ref whose identity is plain, also while the rest of it is still to be made. */
export type ProvisionerRefOutputs = { readonly [Key in keyof ProvisionerRef]: DeepInput<ProvisionerRef[Key]> } & {
  readonly cluster: string;
  readonly engine: EngineName;
};
