import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { AwsError } from "./errors";

export interface RawRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  body: Buffer;
  requestId: string;
}

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

/** Above what any service takes from here, so that the service can refuse in its own words. */
const bodyLimit = 64 * 1024 * 1024;

export async function readRequest(message: IncomingMessage): Promise<RawRequest> {
  const url = new URL(message.url ?? "/", "http://localhost");
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of message) {
    size += (part as Buffer).length;
    if (size > bodyLimit) throw new AwsError("RequestEntityTooLarge", "The request is too large.", 413);
    parts.push(part as Buffer);
  }
  return {
    method: message.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: message.headers,
    body: Buffer.concat(parts),
    requestId: randomUUID(),
  };
}

export const header = (request: RawRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

export function parseJson(body: Buffer): Record<string, unknown> {
  const text = body.toString("utf8");
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Answered below: the text is not repeated, it may hold a secret.
  }
  throw new AwsError("SerializationException", "The request body is not a JSON object.");
}
