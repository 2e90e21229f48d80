import { z } from "zod";
import { AwsError, notLocal } from "../errors";
import type { Caller } from "../identity";
import { page, readInput, sized } from "../input";
import { jsonService, type Service } from "../service";
import { logGroupArn, type LogEvent, type LogGroup, type LogStore, type LogStream } from "./store";

const groupName = sized(1, 512).regex(/^[.\-_/#A-Za-z0-9]+$/, "Member must satisfy regular expression pattern");
const streamName = sized(1, 512).regex(/^[^:*]*$/, "Member must satisfy regular expression pattern: [^:*]*");
const groupInput = z.object({ logGroupName: groupName });
const streamInput = z.object({ logGroupName: groupName, logStreamName: streamName });
const putInput = streamInput.extend({
  logEvents: z
    .array(z.object({ timestamp: z.number().int().min(0), message: z.string().min(1) }))
    .min(1)
    .max(10_000),
});
const listed = { limit: z.number().int().min(1).max(50).default(50), nextToken: z.string().optional() };
const streamsInput = groupInput.extend({ logStreamNamePrefix: streamName.optional(), ...listed });
const groupsInput = z.object({ logGroupNamePrefix: groupName.optional(), ...listed });
const span = { startTime: z.number().optional(), endTime: z.number().optional() };
const many = { limit: z.number().int().min(1).max(10_000).default(10_000), nextToken: z.string().optional() };
const filterInput = groupInput.extend({
  logStreamNames: z.array(streamName).optional(),
  filterPattern: z.string().optional(),
  ...span,
  ...many,
});
const getInput = streamInput.extend({ startFromHead: z.boolean().default(false), ...span, ...many });

const invalid = (text: string): AwsError => new AwsError("InvalidParameterException", text);
const missing = (what: string): AwsError =>
  new AwsError("ResourceNotFoundException", `The specified ${what} does not exist.`);
const exists = (what: string): AwsError =>
  new AwsError("ResourceAlreadyExistsException", `The specified ${what} already exists`);

/** API PutLogEvents: the most bytes in a batch, with 26 more for each event, and the longest time between its events. */
const MOST_BYTES = 1_048_576;
const BYTES_EACH = 26;
const DAY = 24 * 3600 * 1000;

interface Found {
  group: LogGroup;
  stream: LogStream;
}

function find(store: LogStore, request: z.infer<typeof streamInput>, caller: Caller): Found {
  const group = findGroup(store, request.logGroupName, caller);
  const stream = group.streams.get(request.logStreamName);
  if (stream === undefined) throw missing("log stream");
  return { group, stream };
}

function findGroup(store: LogStore, name: string, caller: Caller): LogGroup {
  const group = store.named(name, caller);
  if (group === undefined) throw missing("log group");
  return group;
}

function put(store: LogStore, request: Record<string, unknown>, caller: Caller): unknown {
  const { logEvents, ...named } = readInput(putInput, request);
  const { stream } = find(store, named, caller);
  const times = logEvents.map(({ timestamp }) => timestamp);
  if (times.some((time, index) => index > 0 && time < times[index - 1]))
    throw invalid("Log events in a single PutLogEvents request must be in chronological order.");
  if (Math.max(...times) - Math.min(...times) > DAY)
    throw invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  const bytes = logEvents.reduce((sum, { message }) => sum + Buffer.byteLength(message) + BYTES_EACH, 0);
  if (bytes > MOST_BYTES) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${MOST_BYTES}`);
  const ingestionTime = Date.now();
  const tooOld = times.filter((time) => time < ingestionTime - 14 * DAY).length;
  const tooNew = times.findIndex((time) => time > ingestionTime + DAY / 12);
  logEvents.forEach((event, index) => {
    if (index < tooOld || (tooNew !== -1 && index >= tooNew)) return;
    const eventId = String(stream.events.length).padStart(56, "0");
    stream.events.push({ eventId, ingestionTime, ...event });
  });
  return tooOld === 0 && tooNew === -1
    ? {}
    : {
        rejectedLogEventsInfo: {
          ...(tooOld === 0 ? {} : { tooOldLogEventEndIndex: tooOld }),
          ...(tooNew === -1 ? {} : { tooNewLogEventStartIndex: tooNew }),
        },
      };
}

const within = ({ timestamp }: LogEvent, startTime = 0, endTime = Infinity): boolean =>
  timestamp >= startTime && timestamp <= endTime;

function filter(store: LogStore, request: Record<string, unknown>, caller: Caller): unknown {
  const input = readInput(filterInput, request);
  if (input.filterPattern !== undefined && input.filterPattern !== "") throw notLocal("filter patterns of logs");
  const { streams } = findGroup(store, input.logGroupName, caller);
  const found = [...streams.values()]
    .filter(({ name }) => input.logStreamNames?.includes(name) ?? true)
    .flatMap(({ name, events }) => events.map((event) => ({ logStreamName: name, ...event })))
    .filter((event) => within(event, input.startTime, input.endTime))
    .sort((a, b) => a.timestamp - b.timestamp);
  const { items, next } = page(found, input.limit, input.nextToken);
  return { events: items, searchedLogStreams: [], nextToken: next };
}

/** From the head only, and forwards. */
function get(store: LogStore, request: Record<string, unknown>, caller: Caller): unknown {
  const input = readInput(getInput, request);
  if (!input.startFromHead) throw notLocal("GetLogEvents from the tail");
  const { stream } = find(store, input, caller);
  const found = stream.events.filter((event) => within(event, input.startTime, input.endTime));
  const { items, next } = page(found, input.limit, input.nextToken);
  // API GetLogEvents: at the end of the stream, the token is the one that was passed in.
  const events = items.map(({ eventId: _eventId, ...event }) => event);
  return { events, nextForwardToken: next ?? input.nextToken ?? "end", nextBackwardToken: "start" };
}

const shownGroup = (group: LogGroup): unknown => ({
  logGroupName: group.name,
  creationTime: group.created,
  arn: `${logGroupArn(group.name, group)}:*`,
  logGroupArn: logGroupArn(group.name, group),
});

const shownStream = (group: LogGroup, { name, created, events }: LogStream): unknown => ({
  logStreamName: name,
  creationTime: created,
  arn: `${logGroupArn(group.name, group)}:log-stream:${name}`,
  firstEventTimestamp: events.at(0)?.timestamp,
  lastEventTimestamp: events.at(-1)?.timestamp,
});

export const logService = (store: LogStore): Service =>
  jsonService("logs", "Logs_20140328", {
    CreateLogGroup(request, caller) {
      const { logGroupName } = readInput(groupInput, request);
      if (store.named(logGroupName, caller) !== undefined) throw exists("log group");
      store.ensure(logGroupName, caller);
    },
    DeleteLogGroup(request, caller) {
      store.remove(findGroup(store, readInput(groupInput, request).logGroupName, caller));
    },
    DescribeLogGroups(request, caller) {
      const { logGroupNamePrefix = "", limit, nextToken } = readInput(groupsInput, request);
      const found = store.of(caller).filter(({ name }) => name.startsWith(logGroupNamePrefix));
      const { items, next } = page(found, limit, nextToken);
      return { logGroups: items.map(shownGroup), nextToken: next };
    },
    CreateLogStream(request, caller) {
      const { logGroupName, logStreamName: name } = readInput(streamInput, request);
      const { streams } = findGroup(store, logGroupName, caller);
      if (streams.has(name)) throw exists("log stream");
      streams.set(name, { name, created: Date.now(), events: [] });
    },
    DescribeLogStreams(request, caller) {
      const { logGroupName, logStreamNamePrefix = "", limit, nextToken } = readInput(streamsInput, request);
      const group = findGroup(store, logGroupName, caller);
      const found = [...group.streams.values()].filter(({ name }) => name.startsWith(logStreamNamePrefix));
      const { items, next } = page(found, limit, nextToken);
      return { logStreams: items.map((stream) => shownStream(group, stream)), nextToken: next };
    },
    PutLogEvents: (request, caller) => put(store, request, caller),
    FilterLogEvents: (request, caller) => filter(store, request, caller),
    GetLogEvents: (request, caller) => get(store, request, caller),
  });
