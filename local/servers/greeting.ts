import * as net from "node:net";

const protocolVersion = 10;
const patienceMs = 1000;

/** MySQL and MariaDB speak first: the greeting comes when the server takes connections, not when its port is open. */
export function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    const answer = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(patienceMs, () => answer(false));
    socket.once("error", () => answer(false));
    socket.once("close", () => answer(false));
    // A packet's header has four bytes; a refusal has 255 in place of the protocol version.
    socket.once("data", (packet) => answer(packet[4] === protocolVersion));
  });
}
