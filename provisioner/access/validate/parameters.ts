import type { LoginClaim } from "../claims";
import type { Checker } from "./checker";

/** The path and one more for each value stay within Parameter Store's fifteen levels. */
const MAX_LEVELS = 14;
/** Parameter Store allows 1011 characters for the whole ARN; what comes before the path and after it takes its part. */
const MAX_LENGTH = 900;

const kmsKey = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/;
const kmsKeyId = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/i;

/** PutParameter, `Name`: what it says about names, before a login is made. */
export function parameterProblems(claim: LoginClaim, { known, add }: Checker): void {
  const { parameterPath, parameterPasswordKeyArn, auth } = claim;
  if (parameterPath !== undefined && known(parameterPath)) {
    const problem = pathProblem(parameterPath.replace(/\/$/, ""));
    if (problem !== undefined) add("parameterPath", `${JSON.stringify(parameterPath.slice(0, 80))} ${problem}`);
  }
  if (parameterPasswordKeyArn === undefined) return;
  if (parameterPath === undefined)
    add(
      "parameterPasswordKeyArn",
      "parameterPasswordKeyArn publishes the password under parameterPath, which is missing; add it, or remove the key.",
    );
  if (known(auth) && auth.kind === "iam")
    add("parameterPasswordKeyArn", "An IAM login has no password to publish; remove parameterPasswordKeyArn.");
  if (
    known(parameterPasswordKeyArn) &&
    !kmsKey.test(parameterPasswordKeyArn) &&
    !kmsKeyId.test(parameterPasswordKeyArn)
  )
    add(
      "parameterPasswordKeyArn",
      `${JSON.stringify(parameterPasswordKeyArn)} is not the ARN or id of a KMS key; name one of your own, arn:aws:kms:<Region>:<account>:key/<id>.`,
    );
}

function pathProblem(path: string): string | undefined {
  if (!/^(\/[A-Za-z0-9_.-]+)+$/.test(path))
    return 'is not a parameter path; begin with / and use letters, digits and . - _ between slashes, such as "/orders/api".';
  if (/^\/(aws|ssm)/i.test(path)) return "begins with aws or ssm, which Parameter Store keeps for AWS; choose another.";
  const levels = path.split("/").length - 1;
  if (levels > MAX_LEVELS) return `has ${levels} levels; Parameter Store leaves room for ${MAX_LEVELS}. Shorten it.`;
  if (path.length > MAX_LENGTH)
    return `… has ${path.length} characters; Parameter Store leaves room for ${MAX_LENGTH}. Shorten it.`;
  return undefined;
}
