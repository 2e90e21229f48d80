import type { Caller } from "../identity";
import { parameterArn, type ParameterStore } from "../parameters/store";
import type { Context } from "./conditions";
import type { AccessRequest } from "./policy";
import { keyRequests, listOf, requestTags, resourceTags, tagsIn, textOf } from "./request-parts";

type Request = Readonly<Record<string, unknown>>;

/** Which members of a request name parameters. */
const namedBy: Readonly<Record<string, string>> = {
  GetParameters: "Names",
  DeleteParameters: "Names",
  GetParametersByPath: "Path",
  AddTagsToResource: "ResourceId",
  RemoveTagsFromResource: "ResourceId",
  ListTagsForResource: "ResourceId",
};

const plain = (name: string): string => {
  const [, ofArn] = /^arn:[^:]+:ssm:[^:]+:\d{12}:parameter(\/.*)$/.exec(name) ?? [];
  return (ofArn ?? name).split(":")[0];
};

/** Each parameter that a call names is asked about by itself. */
export function parameterRequests(
  store: ParameterStore,
  operation: string,
  request: Request,
  caller: Caller,
): AccessRequest[] {
  const action = `ssm:${operation}`;
  if (operation === "DescribeParameters") return [{ action, resource: "*", context: {} }];
  const names = [request[namedBy[operation] ?? "Name"]].flat().map(String).map(plain);
  const tags = tagsIn(request.Tags);
  return names.flatMap((name) => {
    const there = store.named(name, caller);
    const resource = parameterArn({ ...caller, name });
    const context: Context = {
      // A parameter that is made with tags has them from the start: IAM User Guide, aws:ResourceTag.
      ...resourceTags(there?.tags ?? (operation === "PutParameter" ? tags : []), "ssm:resourceTag/"),
      ...requestTags(tags),
      ...(operation === "RemoveTagsFromResource" ? { "aws:TagKeys": listOf(request.TagKeys).map(String) } : {}),
    };
    const tagging = operation === "PutParameter" && tags.length > 0;
    return [
      { action, resource, context },
      ...(tagging ? [{ action: "ssm:AddTagsToResource", resource, context }] : []),
      ...keysOf(operation, request, there, resource, caller),
    ];
  });
}

type Known = ReturnType<ParameterStore["named"]>;

/** User Guide, KMS encryption for SecureString parameters: standard ones are encrypted by the key itself. */
function keysOf(operation: string, request: Request, there: Known, arn: string, caller: Caller): AccessRequest[] {
  const secure = (textOf(request.Type) ?? there?.type) === "SecureString";
  const key = textOf(request.KeyId) ?? there?.keyId;
  const uses = (action: string): AccessRequest[] =>
    secure ? keyRequests([action], key, caller, "ssm", { PARAMETER_ARN: arn }) : [];
  if (operation === "PutParameter") {
    const advanced = request.Tier === "Advanced" || there?.tier === "Advanced";
    return uses(advanced ? "GenerateDataKey" : "Encrypt");
  }
  return request.WithDecryption === true ? uses("Decrypt") : [];
}
