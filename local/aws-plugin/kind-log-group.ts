import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";
import { kept } from "./kept";
import type { Kind } from "./kind";
import { arnIn, type Place } from "./place";

/** Log groups are in the local CloudWatch Logs; their settings are remembered. */
export function logGroupKind(place: Place): Kind {
  const client = new CloudWatchLogsClient({ endpoint: place.endpointUrl, region: place.region });
  const arnOf = (name: string): string => arnIn(place, "logs", `log-group:${name}`);
  return {
    ...kept({
      inputs: { name: "text", retentionInDays: "number", kmsKeyId: "text", tags: { "*": "text" } },
      replacedBy: ["name"],
      generatedName: "name",
      made: () => ({ id: "" }),
    }),
    async create({ inputs }) {
      const logGroupName = String(inputs.name);
      await client.send(new CreateLogGroupCommand({ logGroupName }));
      return { id: logGroupName, outputs: { arn: arnOf(logGroupName), tagsAll: inputs.tags ?? {} } };
    },
    async delete(logGroupName) {
      await client.send(new DeleteLogGroupCommand({ logGroupName })).catch((error: unknown) => {
        if (!(error instanceof ResourceNotFoundException)) throw error;
      });
    },
    async read(name) {
      const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
      return logGroups.some(({ logGroupName }) => logGroupName === name) ? {} : undefined;
    },
  };
}
