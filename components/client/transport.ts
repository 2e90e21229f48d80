import type { ProvisionerRef } from "../../provisioner/protocol";

export type Discovery = ProvisionerRef["discovery"];

/** The two things a client does over the network. Both throw `CallFailure` and nothing else. */
export interface Transport {
  invoke(ref: ProvisionerRef, payload: string, timeoutMs: number): Promise<string>;
  /** The text of an SSM parameter. */
  parameter(discovery: Discovery, externalId: string | undefined): Promise<string>;
}
