import { z } from "zod";
import { AwsError } from "../errors";
import { readInput, sized } from "../input";
import type { JsonOperation } from "../service";
import { isPublic, readPolicy } from "./policy";
import type { SecretStore } from "./store";
import { secretId } from "./values";

const idInput = z.object({ SecretId: secretId });
const putInput = z.object({
  SecretId: secretId,
  ResourcePolicy: sized(1, 20_480),
  BlockPublicPolicy: z.boolean().default(false),
});
const validateInput = z.object({ SecretId: secretId.optional(), ResourcePolicy: sized(1, 20_480) });
const broad = "This resource policy provides broad access to the secret.";

export function resourcePolicyOperations(store: SecretStore): Record<string, JsonOperation> {
  return {
    GetResourcePolicy(request, caller) {
      const { SecretId } = readInput(idInput, request);
      const secret = store.findLive(SecretId, "GetResourcePolicy", caller);
      const policy = secret.policy === undefined ? {} : { ResourcePolicy: secret.policy };
      return { ARN: secret.arn, Name: secret.name, ...policy };
    },

    PutResourcePolicy(request, caller) {
      const input = readInput(putInput, request);
      const secret = store.findLive(input.SecretId, "PutResourcePolicy", caller);
      const statements = readPolicy(input.ResourcePolicy);
      if (input.BlockPublicPolicy && isPublic(statements)) throw new AwsError("PublicPolicyException", broad);
      secret.policy = input.ResourcePolicy;
      store.touch();
      return { ARN: secret.arn, Name: secret.name };
    },

    DeleteResourcePolicy(request, caller) {
      const { SecretId } = readInput(idInput, request);
      const secret = store.findLive(SecretId, "DeleteResourcePolicy", caller);
      secret.policy = undefined;
      store.touch();
      return { ARN: secret.arn, Name: secret.name };
    },

    ValidateResourcePolicy(request, caller) {
      const input = readInput(validateInput, request);
      if (input.SecretId !== undefined) store.findLive(input.SecretId, "ValidateResourcePolicy", caller);
      const open = isPublic(readPolicy(input.ResourcePolicy));
      const ValidationErrors = open ? [{ CheckName: "PUBLIC_POLICY", ErrorMessage: broad }] : [];
      return { PolicyValidationPassed: !open, ValidationErrors };
    },
  };
}
