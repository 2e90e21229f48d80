import { credentialsFor } from "../../components/client/credentials";
import { logsSdk } from "../../components/client/sdk";
import type { ProvisionerRef } from "../../provisioner/protocol";
import { CommandFailure } from "../errors";
import { readMessages, type ReadEvents } from "./events";

export interface LogPlace {
  ref: ProvisionerRef;
  group: string;
  /** Milliseconds since the epoch; nothing before it is read. */
  since?: number;
  /** In place of the caller's own credentials: for a log group of another account. */
  roleArn?: string;
}

/** All events of the cluster's log group, read with the caller's own rights. */
export async function readLogGroup({ ref, group, since, roleArn }: LogPlace): Promise<ReadEvents> {
  const { CloudWatchLogsClient, FilterLogEventsCommand } = await logsSdk();
  const { region, endpointUrl } = ref;
  const client = new CloudWatchLogsClient({
    region,
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
    credentials: credentialsFor(roleArn === undefined ? undefined : { roleArn }, { region, endpointUrl }),
  });
  const messages: string[] = [];
  try {
    let nextToken: string | undefined;
    do {
      const page = await client.send(new FilterLogEventsCommand({ logGroupName: group, startTime: since, nextToken }));
      messages.push(...(page.events ?? []).map(({ message = "" }) => message));
      ({ nextToken } = page);
    } while (nextToken !== undefined);
  } catch (error) {
    throw failure(error, group, region);
  } finally {
    client.destroy();
  }
  return readMessages(messages);
}

function failure(error: unknown, group: string, region: string): CommandFailure {
  const name = error instanceof Error ? error.name : "Error";
  const words =
    name === "ResourceNotFoundException"
      ? `There is no log group ${group} in ${region} in the caller's account; name it with --log-group, or pass --log-role-arn.`
      : /AccessDenied/.test(name)
        ? `The caller may not logs:FilterLogEvents on ${group} in ${region}; allow it.`
        : `The log group ${group} in ${region} could not be read (${name}).`;
  return new CommandFailure("LogsUnreadable", words, undefined, { cause: error });
}
