import type { LoginClaim, RotationSpec } from "../claims";
import { nameProblem, productWords } from "../names";
import type { Checker } from "./checker";
import { rateSeconds, scheduleProblem } from "./schedule";

const lambdaArn = /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?$/;

/** How long the former password or login works when nobody says otherwise. */
const GRACE_SECONDS = 3600;

/** What a claim says about the rotation of its password. Nothing is said about what is unknown. */
export function rotationProblems(claim: LoginClaim, check: Checker): void {
  const { known, add } = check;
  const { rotation, auth } = claim;
  const inherits = inheritsRotation(claim, check);
  if (rotation === undefined) {
    if (inherits === true)
      add(
        "auth.secret.inherit.rotation",
        'inherit.rotation takes when to rotate from the admin\'s secret, but rotation is missing; add rotation: { strategy: "…" } or remove it.',
      );
    return;
  }
  if (!known(rotation)) return;
  if (known(auth) && auth.kind === "iam")
    return add("rotation", "An IAM login has no password to rotate; remove rotation.", "RotationRefused");
  if (known(auth) && auth.kind === "password" && known(auth.suppliedSecretArn))
    return add("rotation", "The password is supplied by a secret that its owner rotates; remove rotation.");
  strategyProblems(claim, rotation, check);
  scheduleProblems(rotation, inherits, check);
  graceProblems(rotation, check);
  if (known(rotation.functionArn) && !lambdaArn.test(rotation.functionArn ?? ""))
    add(
      "rotation.functionArn",
      `${JSON.stringify(rotation.functionArn)} is not the ARN of a Lambda function; write arn:aws:lambda:<Region>:<account>:function:<name>.`,
    );
}

/** `undefined`: not known yet. */
function inheritsRotation({ auth }: LoginClaim, { known }: Checker): boolean | undefined {
  if (!known(auth)) return undefined;
  if (auth.kind !== "password" || auth.secret === undefined) return false;
  if (!known(auth.secret)) return undefined;
  const { inherit } = auth.secret;
  if (inherit === undefined) return false;
  if (!known(inherit)) return undefined;
  return inherit.rotation === undefined ? false : known(inherit.rotation) ? inherit.rotation : undefined;
}

function strategyProblems(claim: LoginClaim, rotation: RotationSpec, { context, known, add }: Checker): void {
  const { strategy, functionArn } = rotation;
  const { product } = context;
  const words = productWords(product);
  const usual = product === "mysql" ? "dual" : "alternating";
  if (functionArn !== undefined) {
    if (known(functionArn) && known(strategy))
      add("rotation.strategy", "rotation.functionArn rotates in its own way; remove rotation.strategy.");
    return;
  }
  if (strategy === undefined)
    return add(
      "rotation.strategy",
      `rotation.strategy is missing; use "${usual}" on ${words}, "single" where one password must do, or rotation.functionArn.`,
    );
  if (!known(strategy)) return;
  if (strategy === "dual" && product !== "mysql")
    add(
      "rotation.strategy",
      `${words} keeps no second password for a login; use "alternating" or "single".`,
      "RotationRefused",
    );
  if (strategy !== "alternating") return;
  if (product === "mysql")
    return add(
      "rotation.strategy",
      'MySQL keeps the former password beside the new one, so two logins are not needed; use "dual".',
      "RotationRefused",
    );
  if (!known(claim.name) || nameProblem("login", claim.name, product) !== undefined) return;
  const problem = nameProblem("login", `${claim.name}_a`, product);
  if (problem !== undefined)
    add(
      "username",
      `With rotation.strategy "alternating" the logins end in _a and _b. ${problem.message}`,
      problem.code,
    );
}

function scheduleProblems(rotation: RotationSpec, inherits: boolean | undefined, { known, add }: Checker): void {
  const { days, schedule } = rotation;
  if (known(days) && known(schedule))
    add("rotation.schedule", "rotation.days and rotation.schedule are both given; keep one of them.");
  if (days === undefined && schedule === undefined && inherits === false)
    add("rotation.days", "rotation says nowhere when; give rotation.days or rotation.schedule.");
  const given = known(days) ? "days" : known(schedule) ? "schedule" : undefined;
  if (given !== undefined && inherits === true)
    add(
      `rotation.${given}`,
      `rotation.${given} and auth.secret.inherit.rotation both say when to rotate; keep one of them.`,
    );
  if (known(days) && (!Number.isInteger(days) || (days ?? 0) < 1 || (days ?? 0) > 1000))
    add("rotation.days", `rotation.days is ${JSON.stringify(days)}; give whole days from 1 to 1000.`);
  if (schedule === undefined || !known(schedule)) return;
  const problem = scheduleProblem(schedule);
  if (problem !== undefined)
    add("rotation.schedule", `${JSON.stringify(schedule)} is not a schedule of Secrets Manager; ${problem}.`);
}

function graceProblems({ strategy, functionArn, days, schedule, graceSeconds }: RotationSpec, checker: Checker): void {
  const { known, add } = checker;
  if (graceSeconds !== undefined && !known(graceSeconds)) return;
  if (graceSeconds !== undefined && (!Number.isInteger(graceSeconds) || graceSeconds < 0))
    return add(
      "rotation.graceSeconds",
      `rotation.graceSeconds is ${JSON.stringify(graceSeconds)}; give a whole number of seconds, 0 or more.`,
    );
  const without = known(functionArn)
    ? "rotation.functionArn rotates in its own way"
    : strategy === "single"
      ? 'strategy "single" keeps no former password'
      : undefined;
  if (without !== undefined) {
    if ((graceSeconds ?? 0) > 0) add("rotation.graceSeconds", `${without}; remove rotation.graceSeconds.`);
    return;
  }
  if (functionArn !== undefined || (strategy !== undefined && !known(strategy))) return;
  const interval =
    typeof days === "number" && known(days)
      ? days * 86_400
      : typeof schedule === "string" && known(schedule)
        ? rateSeconds(schedule)
        : undefined;
  const grace = graceSeconds ?? GRACE_SECONDS;
  if (interval !== undefined && interval > 0 && grace >= interval)
    add(
      "rotation.graceSeconds",
      `rotation.graceSeconds is ${grace}, but the next rotation comes after ${interval}; shorten it.`,
    );
}
