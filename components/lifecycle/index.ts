/**
 * `pulumi-db-access/lifecycle`: what the serialized provider in state loads at run time. The names of the kinds and
 * their six methods are a contract with every state ever written: they are never renamed.
 */
import { defaultClient } from "../client";
import { guard } from "./guard";
import { lifecycle, type Lifecycle, type Surroundings } from "./lifecycle";
import type { KindName } from "./kinds";
import { migrationLifecycle } from "./migration";

const surroundings: Surroundings = {
  client: defaultClient,
  // The engine shows what a provider prints.
  tell: (line) => console.log(line),
  env: process.env,
};

export const DbUser: Lifecycle = lifecycle("DbUser", surroundings);
export const DbRole: Lifecycle = lifecycle("DbRole", surroundings);
export const DbGrant: Lifecycle = lifecycle("DbGrant", surroundings);
export const DbDatabase: Lifecycle = lifecycle("DbDatabase", surroundings);
export const DbSchema: Lifecycle = lifecycle("DbSchema", surroundings);
export const DbMigration: Lifecycle = migrationLifecycle(surroundings);
export const ProvisionerGuard: Lifecycle = guard(surroundings);

export { type Lifecycle, type KindName };
