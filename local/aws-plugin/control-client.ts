import type { FunctionSpec } from "../lambda";
import type { OrderedDatabase } from "./control-databases";
import type { DeclaredRole } from "./control-roles";

export type ControlledFunction = Omit<FunctionSpec, "account" | "region" | "rolePolicies"> & { roleArn: string };

export type ControlRequest =
  | { operation: "putRole"; role: DeclaredRole }
  | { operation: "deleteRole"; name: string }
  | { operation: "putPolicy"; role: string; name: string; document: string }
  | { operation: "deletePolicy"; role: string; name: string }
  | { operation: "createFunction" | "updateFunction"; spec: ControlledFunction }
  | { operation: "readFunction" | "deleteFunction"; name: string }
  | { operation: "createDatabase"; order: OrderedDatabase }
  | { operation: "deleteDatabase"; identifier: string }
  | { operation: "createBucket" | "deleteBucket"; name: string }
  | { operation: "setAliases"; name: string; aliases: string[] };

export type Control = (request: ControlRequest) => Promise<Record<string, unknown>>;

/** Asks the running stack, whose address is all that is known of it here. */
export const controlOf =
  (url: string): Control =>
  async (request) => {
    const answer = await fetch(url, { method: "POST", body: JSON.stringify(request) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return JSON.parse(text) as Record<string, unknown>;
  };
