import type { LoginClaim } from "./claims";

export const DEFAULT_GRACE_SECONDS = 3600;

/** When what worked so far stops to, counted from now. ISO time. */
export const until = ({ rotation }: LoginClaim, now = Date.now()): string =>
  new Date(now + (rotation?.graceSeconds ?? DEFAULT_GRACE_SECONDS) * 1000).toISOString();
