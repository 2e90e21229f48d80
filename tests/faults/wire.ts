import { readFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import tls from "node:tls";
import type { RunningServer } from "../../local/servers";
import type { Dialogue } from "./dialogue";
import type { Caller, Fault, Gate } from "./gate";
import { MysqlDialogue, mysqlPacket } from "./mysql-dialogue";
import { PostgresqlDialogue } from "./postgresql-dialogue";

/** `SSLRequest` of PostgreSQL's protocol. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** The application's name in a login: both drivers send it as it is. */
const requestIn = /db-access\/([0-9a-f-]{36})/;

/** The way to a database server, on which every call comes past the gate. The server is real. */
export class Wire {
  private readonly sockets = new Set<net.Socket>();

  private constructor(
    private readonly server: RunningServer,
    private readonly gate: Gate,
    private readonly listener: net.Server,
    private readonly identity: tls.SecureContext,
  ) {
    listener.on("connection", (socket) => void this.serve(socket).catch(() => socket.destroy()));
  }

  static async start(server: RunningServer, gate: Gate): Promise<Wire> {
    // The server's own certificate, so that whoever trusts the server trusts the wire.
    const file = (name: string): Buffer => readFileSync(path.join(server.directory, name));
    const identity = tls.createSecureContext({ cert: file("server.crt"), key: file("server.key") });
    const listener = net.createServer({ noDelay: true });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    return new Wire(server, gate, listener, identity);
  }

  get port(): number {
    return (this.listener.address() as net.AddressInfo).port;
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
    const plain = this.keep(net.connect({ port: this.server.port, host: "127.0.0.1", noDelay: true }));
    socket.on("close", () => plain.destroy());
    plain.on("close", () => socket.destroy());
    const dialogue = await this.greet(socket, plain);
    const client = this.keep(new tls.TLSSocket(socket, { isServer: true, secureContext: this.identity }));
    const upstream = this.keep(tls.connect({ socket: plain, ca: this.server.ca, servername: "localhost" }));
    new Passage(client, upstream, dialogue, this.gate).open();
  }

  /** What is said before encryption begins. */
  private async greet(socket: net.Socket, plain: net.Socket): Promise<Dialogue> {
    const { user } = this.server.admin;
    if (this.server.spec.engine === "postgresql") {
      await read(socket, () => sslRequest.length);
      plain.write(sslRequest);
      socket.write(await read(plain, () => 1));
      return new PostgresqlDialogue(user);
    }
    socket.write(await read(plain, mysqlPacket));
    plain.write(await read(socket, mysqlPacket));
    return new MysqlDialogue(user);
  }
}

/** Exactly one message. What came with it stays in the socket, for encryption to find. */
function read(socket: net.Socket, measure: (pending: Buffer) => number | undefined): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const pending = socket.read() as Buffer | null;
      if (pending === null) return;
      const length = measure(pending);
      if (length === undefined || pending.length < length) return socket.unshift(pending);
      socket.off("readable", look);
      if (pending.length > length) socket.unshift(pending.subarray(length));
      resolve(pending.subarray(0, length));
    };
    socket.on("readable", look);
    socket.once("close", () => reject(new Error("closed")));
  });
}

/** One connection between the function and its server. */
class Passage {
  /** The fault that comes about when the call under way has been answered. */
  private due: Fault | undefined;
  private isSilent = false;
  /** Known with the login, which names the request. */
  private by: Caller | undefined;

  constructor(
    private readonly client: tls.TLSSocket,
    private readonly upstream: tls.TLSSocket,
    private readonly dialogue: Dialogue,
    private readonly gate: Gate,
  ) {}

  open(): void {
    const { client, upstream } = this;
    client.on("data", (data: Buffer) => this.send(data));
    upstream.on("data", (data: Buffer) => this.answer(data));
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => {
      // The server has ended the connection in place of an answer.
      if (this.due !== undefined) this.fail(this.due);
      if (!this.isSilent) client.destroy();
    });
  }

  private send(data: Buffer): void {
    for (const { bytes, call } of this.dialogue.fromClient(data)) {
      if (this.isSilent) return;
      this.by ??= this.gate.callerOf(requestIn.exec(bytes.toString("latin1"))?.[1] ?? "");
      const fault = call === undefined ? undefined : this.gate.meet({ by: this.by, channel: "sql", label: call });
      if (fault?.when === "before") this.fail(fault);
      else {
        this.due = fault ?? this.due;
        this.upstream.write(bytes);
      }
    }
  }

  private answer(data: Buffer): void {
    for (const { bytes, ends, asks } of this.dialogue.fromServer(data)) {
      if (this.isSilent) return;
      if (this.due === undefined || asks) this.client.write(bytes);
      else if (ends) this.fail(this.due);
    }
  }

  private fail({ kind, by }: Fault): void {
    this.due = undefined;
    this.isSilent = kind !== "throw";
    switch (kind) {
      case "exit":
        return this.gate.kill(by);
      case "drop":
        this.client.destroy();
        return void this.upstream.destroy();
      case "throw":
        return void this.client.write(this.dialogue.failure());
      case "hang":
        return;
    }
  }
}
