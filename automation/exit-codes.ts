/** What the shell sees. Two is left out: many shells and test runners use it for their own usage errors. */
export const exitCodes = {
  ok: 0,
  error: 1,
  someTargetsFailed: 3,
  badConfig: 4,
  auditBroken: 5,
  migrationsBlocked: 6,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
