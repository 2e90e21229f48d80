import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ClaimResult, Request } from "../../../provisioner/protocol";
import { done, reply } from "./fake-provisioner";

export interface HttpAnswer {
  status?: number;
  headers?: Record<string, string>;
  body: string;
}

export interface HttpCall {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** `hangUp` closes the connection without an answer. */
type Answer = (call: HttpCall) => HttpAnswer | "hangUp" | "silence";

/** Stands for AWS's endpoints: real HTTP, so that the real SDK is on the other side. */
export class AwsEndpointStandIn {
  readonly calls: HttpCall[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(answer: Answer): Promise<AwsEndpointStandIn> {
    const server = createServer((message, response) => {
      const chunks: Buffer[] = [];
      message.on("data", (chunk: Buffer) => chunks.push(chunk));
      message.on("end", () => {
        const call = { path: message.url ?? "", headers: message.headers, body: Buffer.concat(chunks).toString() };
        standIn.calls.push(call);
        const given = answer(call);
        if (given === "hangUp") message.socket.destroy();
        else if (given !== "silence")
          response
            .writeHead(given.status ?? 200, { "content-type": "application/json", ...given.headers })
            .end(given.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const standIn = new AwsEndpointStandIn(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return standIn;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export const awsError = (status: number, name: string): HttpAnswer => ({
  status,
  headers: { "x-amzn-errortype": name },
  body: JSON.stringify({ Type: "User", message: "AWS says: SELECT hunter2", Message: "AWS says: SELECT hunter2" }),
});

/** What a provisioner that has everything would answer. */
export const provisionerAnswer = ({ body }: HttpCall, over: Partial<ClaimResult> = {}): HttpAnswer => {
  const { claims } = JSON.parse(body) as Request;
  return { body: JSON.stringify(reply(claims.map((claim) => done(claim, over)))) };
};
