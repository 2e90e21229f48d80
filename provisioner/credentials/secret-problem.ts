import type { LoginClaim } from "../access/claims";
import type { SecretProblem } from "../access/plan";
import { secretNameOf } from "../access/secret-text";
import type { FunctionConfig } from "../config";
import { serviceOf } from "../service";
import { secretError } from "./aws-error";
import { describeAny } from "./describe-secret";
import { takenProblem } from "./ownership";

/**
 * Why the login cannot have the secret it needs: under its name one that is nobody's to take, or none where its
 * password is supplied. A pure read, for the plan.
 */
export async function secretProblem(
  config: FunctionConfig,
  id: string,
  claim: LoginClaim,
  owner: string,
): Promise<SecretProblem | undefined> {
  const supplied = claim.auth.kind === "password" ? claim.auth.suppliedSecretArn : undefined;
  if (supplied !== undefined) return suppliedProblem(supplied);
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

async function suppliedProblem(arn: string): Promise<SecretProblem | undefined> {
  try {
    const described = await describeAny(arn);
    return described !== undefined && described.DeletedDate === undefined
      ? undefined
      : {
          code: "SecretUnavailable",
          message: `Secret ${arn} does not exist or is scheduled for deletion; put the login's password into it, or do not set auth.suppliedSecretArn.`,
        };
  } catch (error) {
    throw secretError(error, `secret ${arn}`);
  }
}
