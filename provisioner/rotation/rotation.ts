import type { LoginClaim } from "../access/claims";
import type { Turn } from "../access/record";
import type { SecretState } from "../access/secret";
import type { FunctionConfig } from "../config";
import type { EngineSession } from "../engines/engine";
import type { RotationEvent } from "./event";
import type { RotatableRecord } from "./owned";

/** One step on its way, under the cluster's lock. */
export interface Rotation {
  config: FunctionConfig;
  session: EngineSession;
  event: RotationEvent;
  state: SecretState;
  record: RotatableRecord;
  claim: LoginClaim;
  /** The login that the secret names now, where two take turns. */
  active?: Turn;
  /** Set once the server or the secret may have been changed: what fails then is no refusal. */
  readonly progress: { tried: boolean };
}
