import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** Passes on what it is given, and can be cut. */
export class Line {
  connections = 0;
  private readonly open = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async to(port: number): Promise<Line> {
    const server = createServer();
    const line = new Line(server);
    server.on("connection", (caller) => {
      line.connections += 1;
      const callee = connect(port, "127.0.0.1");
      for (const socket of [caller, callee]) {
        line.open.add(socket);
        socket.on("error", () => undefined).once("close", () => line.open.delete(socket));
      }
      caller.pipe(callee).pipe(caller);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return line;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends what is open, and waits a moment, so that the caller has heard of it. */
  async cut(): Promise<void> {
    const ended = [...this.open].map((socket) => once(socket, "close"));
    for (const socket of this.open) socket.resetAndDestroy();
    await Promise.all(ended);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }

  async close(): Promise<void> {
    await this.cut();
    await new Promise<unknown>((resolve) => this.server.close(resolve));
  }
}
