import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";

import { type Progress, silent } from "../cache";
import { asServerAccount, giveToServer } from "../servers/account";
import { run } from "../servers/command";
import { freePort, launch, StartFailed, type ServerProcess } from "../servers/process";
import { createTlsMaterial } from "../servers/tls";
import { installDirectory, type InstalledDirectory } from "./install";
import { ldif, type LdifEntry } from "./ldif";
import { settings } from "./settings";

export { installDirectory } from "./install";
export type { LdifEntry } from "./ldif";

export interface DirectoryOptions {
  /** Where its data, log and certificate live. */
  directory: string;
  baseDn: string;
  /** Everything in it, parents first. */
  entries: readonly LdifEntry[];
  /** What the root entry says that the server can do. */
  supportedCapabilities?: readonly string[];
}

/** A directory server on this machine, with all of its entries. */
export interface RunningDirectory {
  /** Of `ldaps://` and of `ldap://`, on `localhost`, which its certificate names, and on 127.0.0.2, which it does not. */
  ports: { ldaps: number; ldap: number };
  ca: string;
  pid: number;
  /** As the server writes it, `2.5.13`. */
  version: string;
  /** Every operation is in it. */
  logFile: string;
  stop(): Promise<void>;
}

const addresses = ["127.0.0.1", "127.0.0.2"];
const portAttempts = 5;
/** Connections, operations and their results. */
const logLevel = "256";

/** OpenLDAP's slapd, as the user that the database servers run as too. */
export async function startDirectory(
  options: DirectoryOptions,
  progress: Progress = silent,
): Promise<RunningDirectory> {
  const installed = await installDirectory(progress);
  const { ca, config, log, reachable } = await prepare(installed, options);
  for (let attempt = 1; ; attempt++) {
    const ports = { ldaps: await freePort(), ldap: await freePort() };
    try {
      const server = await serve(installed, { config, log, reachable, ports, directory: options.directory });
      const version = /slapd (\d+(\.\d+)+)/.exec(fs.readFileSync(log, "utf8"))?.[1] ?? "";
      return { ports, ca, pid: server.pid, version, logFile: log, stop: () => server.end() };
    } catch (error) {
      if (!(error instanceof StartFailed && error.portTaken) || attempt === portAttempts) throw error;
    }
  }
}

interface Prepared {
  ca: string;
  config: string;
  log: string;
  /** What the server's user has to get at. */
  reachable: string[];
}

async function prepare(installed: InstalledDirectory, options: DirectoryOptions): Promise<Prepared> {
  const { directory, baseDn, entries, supportedCapabilities = [] } = options;
  const file = (name: string): string => path.join(directory, name);
  const data = file("data");
  fs.mkdirSync(data, { recursive: true, mode: 0o700 });
  giveToServer(data);
  const { ca, certificate, key } = createTlsMaterial();
  const write = (name: string, text: string): string => {
    fs.writeFileSync(file(name), text, { mode: 0o600 });
    giveToServer(file(name));
    return file(name);
  };
  const root = write("root.ldif", ldif([{ dn: "", attributes: { supportedCapabilities } }]));
  const files = { data, root, certificate: write("server.crt", certificate), key: write("server.key", key) };
  const config = write("slapd.conf", settings(installed, files, baseDn));
  const log = write("server.log", "");
  const content = write("entries.ldif", ldif(entries));
  const reachable = [config, content, installed.schema, installed.modules, path.join(data, "data.mdb")];
  const { program, args, ...account } = asServerAccount(
    installed.slapadd,
    ["-q", "-f", config, "-l", content],
    [data, config, content],
  );
  await run(program, args, { ...account, cwd: data, env: { ...process.env, ...installed.env } });
  return { ca, config, log, reachable };
}

function serve(
  installed: InstalledDirectory,
  {
    config,
    log,
    reachable,
    ports,
    directory,
  }: Omit<Prepared, "ca"> & Pick<RunningDirectory, "ports"> & { directory: string },
): Promise<ServerProcess> {
  const urls = addresses.flatMap((address) => [`ldaps://${address}:${ports.ldaps}`, `ldap://${address}:${ports.ldap}`]);
  return launch({
    ...asServerAccount(installed.slapd, ["-d", logLevel, "-f", config, "-h", urls.join(" ")], reachable),
    cwd: path.join(directory, "data"),
    env: { ...process.env, ...installed.env },
    logFile: log,
    stopSignal: "SIGTERM",
    isReady: () => takesConnections(ports.ldap),
  });
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
