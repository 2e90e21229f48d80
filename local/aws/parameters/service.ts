import { createHash } from "node:crypto";
import { z } from "zod";
import { AwsError } from "../errors";
import type { Caller } from "../identity";
import { mergeTags, page, readInput, seconds, sized, tagList } from "../input";
import { jsonService, type JsonOperation, type Service } from "../service";
import { parameterArn, type Parameter, type ParameterStore } from "./store";

const name = sized(1, 2048);
const defaultKey = "alias/aws/ssm";
const decrypt = z.boolean().default(false);
const putInput = z.object({
  Name: name,
  Value: z.string().min(1, "Member must have length greater than or equal to 1"),
  Type: z.enum(["String", "StringList", "SecureString"]).optional(),
  Description: sized(0, 1024).optional(),
  KeyId: sized(1, 256).optional(),
  Overwrite: z.boolean().default(false),
  Tags: tagList.optional(),
  Tier: z.enum(["Standard", "Advanced", "Intelligent-Tiering"]).default("Standard"),
});
const getInput = z.object({ Name: name, WithDecryption: decrypt });
const getManyInput = z.object({ Names: z.array(name).min(1).max(10), WithDecryption: decrypt });
const pathInput = z.object({
  Path: name,
  Recursive: z.boolean().default(false),
  WithDecryption: decrypt,
  MaxResults: z.number().int().min(1).max(10).default(10),
  NextToken: z.string().optional(),
});
const describeInput = z.object({
  ParameterFilters: z
    .array(z.object({ Key: z.string(), Option: z.string().default("Equals"), Values: z.array(z.string()) }))
    .default([]),
  MaxResults: z.number().int().min(1).max(50).default(10),
  NextToken: z.string().optional(),
});
const resourceInput = z.object({ ResourceType: z.literal("Parameter"), ResourceId: name });

/** AWS sends this error without any message; so do we, because callers must cope with it. */
const notFound = (): AwsError => new AwsError("ParameterNotFound", "");
const invalid = (text: string): AwsError => new AwsError("ValidationException", text);

function requireName(text: string): void {
  if (!/^[a-zA-Z0-9_./-]+$/.test(text)) {
    throw invalid(`Parameter name must not contain characters other than letters, numbers, and the symbols: . - _ /`);
  }
  if (text.includes("/") && !text.startsWith("/")) throw invalid("Parameter name must be a fully qualified name.");
  if (/^\/?(aws|ssm)/i.test(text)) {
    throw invalid(`Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive).`);
  }
  if (text.split("/").length > 16) {
    throw new AwsError("HierarchyLevelLimitExceededException", "A hierarchy can have at most 15 levels.");
  }
}

/** User Guide, KMS encryption for SecureString parameters: what Parameter Store says of a key it cannot use. */
function requireKey({ keys }: ParameterStore, { type, keyId = defaultKey }: Pick<Parameter, "type" | "keyId">): void {
  const trouble = type === "SecureString" ? keys.troubleOf(keyId) : undefined;
  if (trouble === "disabled") throw new AwsError("InvalidKeyId", `${keyId} is disabled.`);
  if (trouble === "denied") {
    const text =
      "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.";
    throw new AwsError("AccessDeniedException", text);
  }
}

function shown(store: ParameterStore, parameter: Parameter, number: number, clear: boolean): Record<string, unknown> {
  const version = parameter.versions[number - 1];
  const secure = parameter.type === "SecureString";
  if (clear) requireKey(store, parameter);
  return {
    Name: parameter.name,
    Type: parameter.type,
    // What AWS returns undecrypted is opaque; a digest is as useless to a caller, and stable.
    Value: secure && !clear ? createHash("sha512").update(version.value).digest("base64") : version.value,
    Version: number,
    LastModifiedDate: seconds(version.modified),
    ARN: parameterArn(parameter),
    DataType: "text",
  };
}

/** By name or ARN, with an optional `:version`. */
function lookUp(store: ParameterStore, text: string, caller: Caller): { parameter: Parameter; number: number } {
  const arn = /^arn:[^:]+:ssm:[^:]+:\d{12}:parameter(\/.*)$/.exec(text)?.[1];
  const [plain = "", selector] = (arn ?? text).split(":");
  const parameter = store.named(plain, caller) ?? (arn === undefined ? undefined : store.named(plain.slice(1), caller));
  if (parameter === undefined) throw notFound();
  const number = selector === undefined ? parameter.versions.length : Number(selector);
  if (parameter.versions[number - 1] === undefined) {
    throw new AwsError("ParameterVersionNotFound", `Systems Manager could not find version ${selector} of ${plain}.`);
  }
  return { parameter, number };
}

function put(store: ParameterStore, request: Record<string, unknown>, caller: Caller): unknown {
  const input = readInput(putInput, request);
  requireName(input.Name);
  const known = store.named(input.Name, caller);
  if (input.Overwrite && input.Tags !== undefined) {
    throw invalid(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  }
  if (known !== undefined && !input.Overwrite) {
    const text =
      "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
    throw new AwsError("ParameterAlreadyExists", text);
  }
  const type = input.Type ?? known?.type;
  if (type === undefined) throw invalid("A parameter type is required when you create a parameter.");
  if (known !== undefined && known.type !== type) {
    const text = "You can't change the type of a parameter. Delete it and create it again.";
    throw new AwsError("HierarchyTypeMismatchException", text);
  }
  const size = Buffer.byteLength(input.Value);
  const tier = input.Tier === "Intelligent-Tiering" ? (size > 4096 ? "Advanced" : "Standard") : input.Tier;
  if (size > (tier === "Advanced" ? 8192 : 4096)) {
    const larger =
      tier === "Advanced"
        ? ""
        : " To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.";
    throw invalid(
      `${tier} tier parameters support a maximum parameter value of ${tier === "Advanced" ? 8192 : 4096} characters.${larger}`,
    );
  }
  requireKey(store, { type, keyId: input.KeyId ?? known?.keyId });
  const { account, region } = caller;
  const tags = mergeTags([], input.Tags ?? [], "ValidationException");
  const parameter: Parameter = known ?? { account, region, name: input.Name, type, tier, tags, versions: [] };
  if (known === undefined) store.add(parameter);
  parameter.tier = parameter.tier === "Advanced" ? "Advanced" : tier;
  parameter.description = input.Description ?? parameter.description;
  parameter.keyId = input.KeyId ?? parameter.keyId;
  parameter.versions.push({ value: input.Value, modified: Date.now(), modifiedBy: caller.arn });
  store.touch();
  return { Version: parameter.versions.length, Tier: parameter.tier };
}

function remove(store: ParameterStore, text: string, caller: Caller): boolean {
  const parameter = store.named(text, caller);
  if (parameter === undefined) return false;
  store.remove(parameter);
  store.touch();
  return true;
}

function underPath(parameter: Parameter, path: string, recursive: boolean): boolean {
  const folder = path.endsWith("/") ? path : `${path}/`;
  if (!parameter.name.startsWith(folder)) return false;
  return recursive || !parameter.name.slice(folder.length).includes("/");
}

function describe(store: ParameterStore, request: Record<string, unknown>, caller: Caller): unknown {
  const input = readInput(describeInput, request);
  const tests: Record<string, (parameter: Parameter, value: string) => boolean> = {
    "Name Equals": (parameter, value) => parameter.name === value,
    "Name BeginsWith": (parameter, value) => parameter.name.startsWith(value),
    "Type Equals": (parameter, value) => parameter.type === value,
    "Path Recursive": (parameter, value) => underPath(parameter, value, true),
    "Path OneLevel": (parameter, value) => underPath(parameter, value, false),
  };
  const filters = input.ParameterFilters.map(({ Key, Option, Values }) => {
    const test = tests[`${Key} ${Option}`];
    if (test === undefined) throw invalid(`The local stack has no parameter filter ${Key} ${Option}.`);
    return (parameter: Parameter) => Values.some((value) => test(parameter, value));
  });
  const found = store.of(caller).filter((parameter) => filters.every((filter) => filter(parameter)));
  const { items, next } = page(found, input.MaxResults, input.NextToken);
  const Parameters = items.map((parameter) => {
    const last = parameter.versions[parameter.versions.length - 1];
    return {
      Name: parameter.name,
      ARN: parameterArn(parameter),
      Type: parameter.type,
      KeyId: parameter.type === "SecureString" ? (parameter.keyId ?? defaultKey) : undefined,
      Description: parameter.description,
      LastModifiedDate: seconds(last.modified),
      LastModifiedUser: last.modifiedBy,
      Version: parameter.versions.length,
      Tier: parameter.tier,
      DataType: "text",
    };
  });
  return { Parameters, NextToken: next };
}

function tagOperations(store: ParameterStore): Record<string, JsonOperation> {
  const find = (request: Record<string, unknown>, caller: Caller): Parameter => {
    const found = store.named(readInput(resourceInput, request).ResourceId, caller);
    if (found === undefined) throw new AwsError("InvalidResourceId", "The resource ID isn't valid.");
    return found;
  };
  return {
    AddTagsToResource(request, caller) {
      const parameter = find(request, caller);
      const { Tags } = readInput(z.object({ Tags: tagList }), request);
      parameter.tags = mergeTags(parameter.tags, Tags, "ValidationException");
      store.touch();
    },
    RemoveTagsFromResource(request, caller) {
      const parameter = find(request, caller);
      const { TagKeys } = readInput(z.object({ TagKeys: z.array(z.string()) }), request);
      parameter.tags = parameter.tags.filter(({ Key }) => !TagKeys.includes(Key));
      store.touch();
    },
    ListTagsForResource: (request, caller) => ({ TagList: find(request, caller).tags }),
  };
}

export const parameterService = (store: ParameterStore): Service =>
  jsonService("ssm", "AmazonSSM", {
    PutParameter: (request, caller) => put(store, request, caller),
    GetParameter(request, caller) {
      const input = readInput(getInput, request);
      const { parameter, number } = lookUp(store, input.Name, caller);
      return { Parameter: shown(store, parameter, number, input.WithDecryption) };
    },
    GetParameters(request, caller) {
      const input = readInput(getManyInput, request);
      const known = input.Names.filter((text) => store.named(text.split(":")[0], caller) !== undefined);
      const Parameters = known.map((text) => {
        const { parameter, number } = lookUp(store, text, caller);
        return shown(store, parameter, number, input.WithDecryption);
      });
      return { Parameters, InvalidParameters: input.Names.filter((text) => !known.includes(text)) };
    },
    GetParametersByPath(request, caller) {
      const input = readInput(pathInput, request);
      const found = store.of(caller).filter((parameter) => underPath(parameter, input.Path, input.Recursive));
      const { items, next } = page(found, input.MaxResults, input.NextToken);
      const Parameters = items.map((one) => shown(store, one, one.versions.length, input.WithDecryption));
      return { Parameters, NextToken: next };
    },
    DescribeParameters: (request, caller) => describe(store, request, caller),
    DeleteParameter(request, caller) {
      if (!remove(store, readInput(z.object({ Name: name }), request).Name, caller)) throw notFound();
    },
    DeleteParameters(request, caller) {
      const { Names } = readInput(z.object({ Names: z.array(name).min(1).max(10) }), request);
      const gone = Names.filter((text) => remove(store, text, caller));
      return { DeletedParameters: gone, InvalidParameters: Names.filter((text) => !gone.includes(text)) };
    },
    ...tagOperations(store),
  });
