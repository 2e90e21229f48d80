/**
 * Events of exactly one parameter, as EventBridge matches them: equal text, no prefix. A label that moves changes
 * nobody.
 */
export const rosterPattern = (parameter: string): Record<string, unknown> => ({
  source: ["aws.ssm"],
  "detail-type": ["Parameter Store Change"],
  detail: { name: [parameter], operation: ["Create", "Update", "Delete"] },
});
