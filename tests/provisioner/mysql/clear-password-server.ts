import * as net from "node:net";
import type { AddressInfo } from "node:net";
import { TLSSocket } from "node:tls";
import { createTlsMaterial } from "../../../local/servers/tls";

const tlsFlag = 0x800;
const tlsRequestLength = 36;

const packet = (sequence: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([body.length & 0xff, body.length >> 8, 0, sequence]), body]);

/** A server's first packet, protocol 10. */
function greeting(tls: boolean, plugin: string): Buffer {
  const capabilities = Buffer.alloc(4);
  capabilities.writeUInt32LE((0x00ffffff & ~(tls ? 0 : tlsFlag)) >>> 0);
  return packet(
    0,
    Buffer.concat([
      Buffer.from("\n8.0.36\0", "latin1"),
      Buffer.alloc(4, 1),
      Buffer.alloc(8, "a"),
      Buffer.alloc(1),
      capabilities.subarray(0, 2),
      Buffer.from([45, 2, 0]),
      capabilities.subarray(2),
      Buffer.from([21]),
      Buffer.alloc(10),
      Buffer.alloc(12, "b"),
      Buffer.from(`\0${plugin}\0`, "latin1"),
    ]),
  );
}

const clearPlugin = "mysql_clear_password";
const askInClear = packet(3, Buffer.from(`\u00fe${clearPlugin}\0`, "latin1"));
const refuse = (sequence: number): Buffer => packet(sequence, Buffer.from("\u00ff\u0015\u0004#28000no", "latin1"));

export interface ClearPasswordServer {
  port: number;
  ca: string;
  /** What came before TLS, and inside. */
  heard: { plain: Buffer[]; inside: Buffer[] };
  stop(): Promise<void>;
}

/**
 * Stands in for a MySQL server whose login is an IAM user: it asks for the password in clear, which no server does
 * without AWS's plugin or one of the enterprise edition. It lets nobody in. `plugin` is what it greets with.
 */
export async function startClearPasswordServer(options: { tls?: boolean; plugin?: string } = {}) {
  const { tls = true, plugin = "caching_sha2_password" } = options;
  const material = createTlsMaterial();
  const heard: ClearPasswordServer["heard"] = { plain: [], inside: [] };
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => socket.destroy());
    socket.once("data", (data) => {
      heard.plain.push(data);
      // The handshake of TLS may come right behind the request for it.
      socket.pause();
      socket.unshift(data.subarray(tlsRequestLength));
      const inside = new TLSSocket(socket, { isServer: true, cert: material.certificate, key: material.key });
      inside.on("error", () => socket.destroy());
      // A client that was greeted with the plugin may answer at once.
      const answers = plugin === clearPlugin ? [refuse(3)] : [askInClear, refuse(5)];
      inside.on("data", (part: Buffer) => {
        heard.inside.push(part);
        const answer = answers.shift();
        if (answer !== undefined) inside.write(answer);
      });
    });
    socket.write(greeting(tls, plugin));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  const { port } = server.address() as AddressInfo;
  return { port, ca: material.ca, heard, stop } satisfies ClearPasswordServer;
}
