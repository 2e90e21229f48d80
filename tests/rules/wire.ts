import { readFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import tls from "node:tls";
import type { RunningServer } from "../../local/servers";

/** `SSLRequest` of PostgreSQL's protocol. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * The way to a PostgreSQL server, with a knife: it lets the server run the statements of a transaction up to a chosen
 * one and then ends the connection on both sides, as a backend that is killed at that point does.
 */
export class Wire {
  private left = Infinity;
  private atCut: () => void = () => undefined;
  private readonly sockets = new Set<net.Socket>();
  /** What was cut last: the statement that the server still ran. */
  cutAt: string | undefined;

  private constructor(
    private readonly server: RunningServer,
    private readonly listener: net.Server,
    private readonly identity: tls.SecureContext,
  ) {
    listener.on("connection", (socket) => void this.serve(socket).catch(() => socket.destroy()));
  }

  static async start(server: RunningServer): Promise<Wire> {
    // The server's own certificate, so that whoever trusts the server trusts the wire.
    const file = (name: string): Buffer => readFileSync(path.join(server.directory, name));
    const identity = tls.createSecureContext({ cert: file("server.crt"), key: file("server.key") });
    const listener = net.createServer();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    return new Wire(server, listener, identity);
  }

  get port(): number {
    return (this.listener.address() as net.AddressInfo).port;
  }

  /** Ends the connection on which the `count`-th statement from now runs; those outside of transactions do not count. */
  cutAfter(count: number, atCut = (): void => undefined): void {
    this.left = count;
    this.atCut = atCut;
    this.cutAt = undefined;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.listener.close(() => resolve()));
  }

  private keep<Socket extends net.Socket>(socket: Socket): Socket {
    this.sockets.add(socket);
    return socket.on("error", () => socket.destroy()).on("close", () => this.sockets.delete(socket));
  }

  private async serve(socket: net.Socket): Promise<void> {
    this.keep(socket);
    await firstData(socket);
    socket.write("S");
    const client = this.keep(new tls.TLSSocket(socket, { isServer: true, secureContext: this.identity }));
    const plain = this.keep(net.connect(this.server.port, "127.0.0.1"));
    plain.write(sslRequest);
    await firstData(plain);
    const upstream = this.keep(tls.connect({ socket: plain, ca: this.server.ca, servername: "localhost" }));
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    client.on("close", end);
    upstream.on("close", end);
    const forward = (data: Buffer): void => void client.write(data);
    upstream.on("data", forward);
    let isStarted = false;
    let pending = Buffer.alloc(0);
    client.on("data", (data: Buffer) => {
      pending = Buffer.concat([pending, data]);
      for (;;) {
        // The first message has no letter before its length.
        const from = isStarted ? 1 : 0;
        if (pending.length < from + 4) return;
        const length = from + pending.readInt32BE(from);
        if (pending.length < length) return;
        const message = pending.subarray(0, length);
        pending = pending.subarray(length);
        const last = isStarted ? this.shorten(message) : undefined;
        isStarted = true;
        upstream.write(last ?? message);
        if (last === undefined) continue;
        upstream.off("data", forward);
        untilReady(upstream, () => {
          this.atCut();
          end();
        });
        return;
      }
    });
  }

  /** The message as far as the server is to run it, when it ends within; undefined when it is to pass. */
  private shorten(message: Buffer): Buffer | undefined {
    if (String.fromCharCode(message[0]) !== "Q") return undefined;
    const statements = message.toString("utf8", 5, message.length - 1).split(";\n");
    if (statements[0] !== "BEGIN") return undefined;
    this.left -= statements.length;
    if (this.left > 0) return undefined;
    const run = statements.slice(0, statements.length + this.left);
    this.left = Infinity;
    this.cutAt = run.at(-1);
    const text = Buffer.from(`${run.join(";\n")}\0`);
    const head = Buffer.alloc(5);
    head.write("Q");
    head.writeInt32BE(text.length + 4, 1);
    return Buffer.concat([head, text]);
  }
}

const firstData = (socket: net.Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once("data", () => resolve());
    socket.once("close", () => reject(new Error("closed")));
  });

/** Calls `done` when the server has said that it has run everything. */
function untilReady(upstream: net.Socket, done: () => void): void {
  let pending = Buffer.alloc(0);
  upstream.on("data", (data: Buffer) => {
    pending = Buffer.concat([pending, data]);
    while (pending.length >= 5 && pending.length >= 1 + pending.readInt32BE(1)) {
      if (String.fromCharCode(pending[0]) === "Z") return done();
      pending = pending.subarray(1 + pending.readInt32BE(1));
    }
  });
}
