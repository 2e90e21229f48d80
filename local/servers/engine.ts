import type { Progress } from "../cache";
import type { AccountCommand } from "./account";
import type { ServerLogin, ServerSpec, StartOptions } from "./types";

/** The programs of one server version, ready to run. */
export interface Installed {
  spec: ServerSpec;
  /** As the server reports it, for example `17.10`. */
  version: string;
  /** Where the programs came from, for people: `npm`, `Maven`, `Debian`, `this machine`. */
  source: string;
  /** Full paths by program name. */
  binaries: Record<string, string>;
  /** The folder the programs, their libraries and their message files lie in. */
  root: string;
  env?: NodeJS.ProcessEnv;
  /** Put before each program: the dynamic loader of another Debian release. */
  loader?: string[];
  /** Told to the server on every run: where its message files, plugins and character sets are. */
  folders?: string[];
}

/** The files of one server directory. */
export interface Layout {
  directory: string;
  data: string;
  log: string;
  /** Passwords and version, readable by the owner only. Written last: without it the data is not used. */
  state: string;
  /** Which process serves this directory. */
  owner: string;
  /** SQL the server runs before it takes connections, on the first start only. */
  firstSql: string;
  caFile: string;
  certificateFile: string;
  keyFile: string;
}

export interface Logins {
  admin: ServerLogin;
  superuser: ServerLogin;
}

export interface ServeContext {
  installed: Installed;
  layout: Layout;
  port: number;
  options: StartOptions;
  /** Set on the first start of a directory: the passwords are not in its data yet. */
  newLogins?: Logins;
}

/** What is known about a server version without fetching anything. */
export interface Availability {
  found: string | null;
  /** Where it was found. */
  from?: string;
  /** How the first start gets it. */
  willFetch?: string;
  /** Why it cannot be had. */
  missing?: string;
}

/** What differs from engine to engine. */
export interface Engine {
  /** Part of the template's name: raise it when the set-up below changes. */
  templateFormat: number;
  /** How the server is asked to end without waiting for its clients. */
  stopSignal: NodeJS.Signals;
  install(spec: ServerSpec, progress: Progress): Promise<Installed>;
  inspect(spec: ServerSpec): Promise<Availability>;
  /** Fills the empty folder `data`, owned by the servers' user, with an initialized RDS-like data directory. */
  initialize(installed: Installed, data: string): Promise<void>;
  /** Writes what a start needs into the directory and returns how to start. */
  serve(context: ServeContext): Promise<AccountCommand>;
  /** Whether the server started as process `pid` takes connections. */
  isReady(context: ServeContext, pid: number): Promise<boolean>;
}

export const adminName = "dbadmin";
export const superuserName = "rdsadmin";
