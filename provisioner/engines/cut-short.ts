import { DbAccessError } from "../errors";

/** The last try was cut short by the deadline: what has to be said is what it was tried again for. */
export const isCutShort = (error: unknown, deadline: number): boolean =>
  error instanceof DbAccessError &&
  (error.code === "DeadlineExceeded" || (error.code === "NetworkPathDatabase" && Date.now() >= deadline - 50));
