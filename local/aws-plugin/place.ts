import type { Control } from "./control-client";

/** Where the plugin makes things. */
export interface Place {
  account: string;
  region: string;
  partition: string;
  /** The local stack's endpoint. */
  endpointUrl: string;
  /** Where functions' code is unpacked. */
  directory: string;
  control: Control;
}

export const arnIn = ({ partition, region, account }: Place, service: string, rest: string): string =>
  `arn:${partition}:${service}:${region}:${account}:${rest}`;
