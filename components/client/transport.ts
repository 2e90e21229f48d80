import type { ProvisionerRef } from "../../provisioner/protocol";

export type Discovery = ProvisionerRef["discovery"];

/** Bytes on their way to a bucket of the provisioner's account. */
export interface StoredObject {
  bucket: string;
  key: string;
  bytes: Buffer;
  /** In hexadecimal. */
  sha256: string;
}

/** What a client does over the network. Everything throws `CallFailure` and nothing else. */
export interface Transport {
  invoke(ref: ProvisionerRef, payload: string, timeoutMs: number): Promise<string>;
  /** The text of an SSM parameter. */
  parameter(discovery: Discovery, externalId: string | undefined): Promise<string>;
  /** Puts an object where the function finds it, unless it is there already. */
  store(ref: ProvisionerRef, object: StoredObject, timeoutMs: number): Promise<void>;
}
