import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
  type ParameterType,
} from "@aws-sdk/client-ssm";
import type { Kind } from "./kind";
import { arnIn, type Place } from "./place";
import type { Properties } from "./values";

/** Parameters are in the local Parameter Store. */
export function parameterKind(place: Place): Kind {
  const client = new SSMClient({ endpoint: place.endpointUrl, region: place.region });
  const put = async (inputs: Properties, isNew: boolean): Promise<Properties> => {
    const Name = String(inputs.name);
    const Tags = Object.entries((inputs.tags ?? {}) as Record<string, string>).map(([Key, Value]) => ({ Key, Value }));
    const { Version } = await client.send(
      new PutParameterCommand({
        Name,
        Value: String(inputs.value),
        Type: inputs.type as ParameterType,
        Description: inputs.description as string | undefined,
        // Tags can be given with a new parameter only.
        ...(isNew ? { Tags } : { Overwrite: true }),
      }),
    );
    if (!isNew && Tags.length > 0)
      await client.send(new AddTagsToResourceCommand({ ResourceType: "Parameter", ResourceId: Name, Tags }));
    return { arn: arnIn(place, "ssm", `parameter${Name}`), version: Version, tagsAll: inputs.tags ?? {} };
  };
  return {
    inputs: { name: "text", description: "text", type: "text", value: "text", tags: { "*": "text" } },
    required: ["type", "value"],
    replacedBy: ["name"],
    generatedName: "name",
    create: async ({ inputs }) => ({ id: String(inputs.name), outputs: await put(inputs, true) }),
    update: (_id, { inputs }) => put(inputs, false),
    async delete(Name) {
      await client.send(new DeleteParameterCommand({ Name }));
    },
    async read(Name) {
      try {
        const { Parameter } = await client.send(new GetParameterCommand({ Name, WithDecryption: true }));
        return { value: Parameter?.Value, version: Parameter?.Version };
      } catch (error) {
        if (error instanceof ParameterNotFound) return undefined;
        throw error;
      }
    },
  };
}
