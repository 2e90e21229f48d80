import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface RuntimeEvent {
  requestId: string;
  functionArn: string;
  deadlineMs: number;
  payload: Buffer;
}

export interface RuntimeListener {
  /** The runtime asks for work. The first time, this ends the init phase. */
  polled(): void;
  answered(requestId: string, kind: "response" | "error", body: Buffer): void;
  initFailed(body: Buffer): void;
}

const prefix = "/2018-06-01/runtime/";

/** The server side of the Lambda Runtime API for exactly one environment, on a port of its own. */
export class RuntimeApi {
  private waiting: ServerResponse | undefined;

  private constructor(
    private readonly server: Server,
    readonly address: string,
  ) {}

  static async start(listener: RuntimeListener): Promise<RuntimeApi> {
    const server = createServer();
    server.requestTimeout = 0;
    server.keepAliveTimeout = 0;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    const api = new RuntimeApi(server, `127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on("request", (request, response) => void api.handle(request, response, listener));
    return api;
  }

  /** Hands one event to the runtime that is waiting in `next`. */
  deliver(event: RuntimeEvent): void {
    const response = this.waiting;
    if (response === undefined) throw new Error("The runtime is not waiting for an event.");
    this.waiting = undefined;
    response.writeHead(200, {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": event.requestId,
      "lambda-runtime-deadline-ms": String(event.deadlineMs),
      "lambda-runtime-invoked-function-arn": event.functionArn,
      "lambda-runtime-trace-id": `Root=1-${event.requestId.slice(0, 8)}-${event.requestId.replaceAll("-", "").slice(8)}`,
    });
    response.end(event.payload);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async handle(request: IncomingMessage, response: ServerResponse, listener: RuntimeListener): Promise<void> {
    const route = (request.url ?? "").replace(prefix, "");
    if (request.method === "GET" && route === "invocation/next") {
      this.waiting = response;
      listener.polled();
      return;
    }
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      return; // The process died while it was sending; its exit tells the rest.
    }
    const body = Buffer.concat(parts);
    response.writeHead(202, { "content-type": "application/json" });
    response.end(`{"status":"OK"}`);
    if (route === "init/error") return listener.initFailed(body);
    const [, requestId = "", kind] = /^invocation\/([^/]+)\/(response|error)$/.exec(route) ?? [];
    if (kind === "response" || kind === "error") listener.answered(requestId, kind, body);
  }
}
