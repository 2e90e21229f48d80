import type { LoginClaim } from "../access/claims";
import type { SecretProblem } from "../access/plan";
import { secretNameOf } from "../access/secret-text";
import type { FunctionConfig } from "../config";
import { serviceOf } from "../service";
import { secretError } from "./aws-error";
import { describeAny } from "./describe-secret";
import { takenProblem } from "./ownership";

/** Why the login cannot have a secret of the name that it needs. A pure read, for the plan. */
export async function secretProblem(
  config: FunctionConfig,
  id: string,
  claim: LoginClaim,
  owner: string,
): Promise<SecretProblem | undefined> {
  const name = secretNameOf(serviceOf(config), config.cluster, claim);
  if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name))
    return {
      code: "SecretNameRefused",
      message: `The secret's name ${JSON.stringify(name)} has characters Secrets Manager refuses; set auth.secret.name.`,
    };
  try {
    const described = await describeAny(name);
    return described === undefined ? undefined : takenProblem(described, name, { id, cluster: config.cluster, owner });
  } catch (error) {
    throw secretError(error, `secret ${name}`);
  }
}
