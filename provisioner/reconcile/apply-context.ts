import type { FunctionConfig } from "../config";
import type { EngineSession } from "../engines/engine";

/** One apply on its way, under the cluster's lock. */
export interface ApplyContext {
  session: EngineSession;
  config: FunctionConfig;
  requestId: string;
  /** Whoever asks, where that is not the owner. */
  by?: string;
  /** Milliseconds since the epoch. */
  deadline: number;
  /** No claim is begun after this; the rest of the time is for reading back. */
  beginUntil: number;
}
