import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { livingProcess, type Progress, processIdentity } from "../cache";
import { giveToServer } from "./account";
import { adminName, type Engine, type Installed, type Layout, type Logins, superuserName } from "./engine";
import { formatSpec } from "./specs";
import { copyTree, dataTemplate } from "./template";
import { createTlsMaterial } from "./tls";
import type { StartOptions } from "./types";

interface State extends Logins {
  spec: string;
}

export function layoutOf(directory: string): Layout {
  const file = (name: string) => path.join(path.resolve(directory), name);
  return {
    directory: path.resolve(directory),
    data: file("data"),
    log: file("server.log"),
    state: file("server.json"),
    owner: file("server.pid"),
    firstSql: file("first-start.sql"),
    caFile: file("ca.crt"),
    certificateFile: file("server.crt"),
    keyFile: file("server.key"),
  };
}

/** Makes the directory ready for a start. `isNew` when its data knows none of the passwords yet. */
export async function prepareDirectory(
  engine: Engine,
  installed: Installed,
  options: StartOptions,
  progress: Progress,
): Promise<{ layout: Layout; logins: Logins; isNew: boolean }> {
  const layout = layoutOf(options.directory);
  fs.mkdirSync(layout.directory, { recursive: true });
  refuseSecondServer(layout);
  const kept = options.reuse === false ? undefined : readState(layout);
  const spec = formatSpec(installed.spec);
  if (kept && kept.spec !== spec) {
    throw new Error(
      `${layout.directory} holds the data of ${kept.spec}, not of ${spec}: use another directory, or reuse: false.`,
    );
  }
  if (kept) return { layout, logins: kept, isNew: false };
  const template = await dataTemplate(engine, installed, progress);
  for (const file of [layout.state, layout.data, layout.log, layout.firstSql])
    fs.rmSync(file, { recursive: true, force: true });
  await copyTree(template, layout.data);
  fs.writeFileSync(layout.log, "", { mode: 0o600 });
  giveToServer(layout.log);
  writeTls(layout);
  return { layout, logins: { admin: newLogin(adminName), superuser: newLogin(superuserName) }, isNew: true };
}

/** Two servers on one data directory would destroy it; the older one may have outlived the program that started it. */
function refuseSecondServer(layout: Layout): void {
  const pid = fs.existsSync(layout.owner) ? livingProcess(fs.readFileSync(layout.owner, "utf8")) : undefined;
  if (pid !== undefined)
    throw new Error(`Process ${pid} already serves ${layout.directory}: end it first, or use another directory.`);
}

export function recordOwner(layout: Layout, pid: number): void {
  fs.writeFileSync(layout.owner, processIdentity(pid) ?? `${pid}`);
}

export function forgetOwner(layout: Layout): void {
  fs.rmSync(layout.owner, { force: true });
}

function readState(layout: Layout): State | undefined {
  if (!fs.existsSync(layout.state)) return undefined;
  return JSON.parse(fs.readFileSync(layout.state, "utf8")) as State;
}

/** Renamed into place, because a half-written state would lose the passwords of good data. */
export function writeState(layout: Layout, installed: Installed, logins: Logins): void {
  const state: State = { spec: formatSpec(installed.spec), ...logins };
  const unfinished = `${layout.state}.new`;
  fs.writeFileSync(unfinished, JSON.stringify(state, null, 2) + "\n", { mode: 0o600 });
  fs.renameSync(unfinished, layout.state);
}

function newLogin(user: string): Logins["admin"] {
  return { user, password: randomBytes(18).toString("base64url") };
}

function writeTls(layout: Layout): void {
  const { ca, certificate, key } = createTlsMaterial();
  fs.writeFileSync(layout.caFile, ca);
  fs.writeFileSync(layout.certificateFile, certificate);
  fs.rmSync(layout.keyFile, { force: true });
  fs.writeFileSync(layout.keyFile, key, { mode: 0o600 });
  giveToServer(layout.keyFile);
}
