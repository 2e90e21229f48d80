import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startDirectory, type RunningDirectory } from "../../local/directory";
import type { LdapDirectory } from "../../provisioner/directory/config";
import { Endpoint } from "../provisioner/credentials/endpoint";
import { baseDn, company, readerDn } from "./company";

/** A directory server with a company in it, and the secret of the user that may read it. */
export class Place {
  private constructor(
    readonly endpoint: Endpoint,
    readonly server: RunningDirectory,
    readonly password: string,
    readonly secretArn: string,
    private readonly folder: string,
  ) {}

  static async start(supportedCapabilities: string[] = []): Promise<Place> {
    const folder = mkdtempSync(path.join(tmpdir(), "db-access-directory-"));
    chmodSync(folder, 0o755);
    const password = randomBytes(18).toString("base64url");
    const server = await startDirectory({
      directory: folder,
      baseDn,
      entries: company(password),
      supportedCapabilities,
    });
    const endpoint = await Endpoint.start();
    const secretArn = await secretIn(endpoint, JSON.stringify({ username: readerDn, password }));
    return new Place(endpoint, server, password, secretArn, folder);
  }

  secret = (text: string): Promise<string> => secretIn(this.endpoint, text);

  /** How the directory is reached, but for what is said. */
  directory = (more: Partial<LdapDirectory> = {}): LdapDirectory => ({
    kind: "ldap",
    url: `ldaps://localhost:${this.server.ports.ldaps}`,
    bindSecretArn: this.secretArn,
    baseDn,
    ca: this.server.ca,
    ...more,
  });

  /** What the server says it was asked. */
  log = (): string => readFileSync(this.server.logFile, "utf8");

  async stop(): Promise<void> {
    await this.server.stop();
    await this.endpoint.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function secretIn(endpoint: Endpoint, SecretString: string): Promise<string> {
  const Name = `directory-${randomBytes(4).toString("hex")}`;
  return String((await endpoint.secret("CreateSecret", { Name, SecretString })).ARN);
}
