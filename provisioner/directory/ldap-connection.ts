import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { Client, InvalidCredentialsError, ResultCodeError, type Entry, type Filter } from "ldapts";
import { DbAccessError } from "../errors";
import type { Binding } from "./bind-secret";
import type { LdapDirectory } from "./config";
import { unavailable } from "./failures";

const CONNECT_MS = 10_000;
const ANSWER_MS = 20_000;
const CLOSE_MS = 1_000;

/** Fewer than every directory's own limit, which is 1,000 in Active Directory. */
const PAGE = 500;

/** A directory that somebody is logged in to. */
export interface LdapSession {
  /** Everything below `baseDn` that the filter finds, however many pages that is. */
  find(baseDn: string, filter: Filter, attributes: string[]): Promise<Entry[]>;
  /** One entry, or nothing when it is not there, or not to be seen. */
  read(dn: string, attributes: string[]): Promise<Entry | undefined>;
}

/** Talks to the directory over verified TLS. Everything ends when the time is over: nothing of it is left open. */
export async function withLdap<T>(
  directory: LdapDirectory,
  binding: Binding,
  until: number,
  run: (session: LdapSession) => Promise<T>,
): Promise<T> {
  const url = new URL(directory.url);
  const tls = tlsOptions(url.hostname, directory.ca);
  const secure = url.protocol === "ldaps:";
  const client = new Client({
    url: directory.url.replace(/\/$/, ""),
    connectTimeout: CONNECT_MS,
    timeout: ANSWER_MS,
    // With these the client would speak TLS at once, which is not what StartTLS is.
    ...(secure ? { tlsOptions: tls } : {}),
  });
  const work = async (): Promise<T> => {
    if (!secure) {
      await client.startTLS(tls);
      keepToConnection(client);
    }
    await client.bind(binding.username, binding.password);
    keepToConnection(client);
    return run(sessionOf(client));
  };
  try {
    return await inTime(until, work);
  } catch (error) {
    throw ldapError(error, url.host);
  } finally {
    keepToConnection(client);
    await inTime(Date.now() + CLOSE_MS, () => client.unbind()).catch(() => undefined);
  }
}

/**
 * When its connection has ended, the library opens another by itself: without a login, and where it was StartTLS that made
 * the first one safe, without TLS. A password could be what it sends there.
 */
function keepToConnection(client: Client): void {
  const refuse = (): never => {
    throw Object.assign(new Error("The connection has ended."), { code: "ECONNRESET" });
  };
  Object.defineProperty(client, "_connect", { value: refuse, configurable: true });
}

/** A socket that is there already has no name: without `host`, Node would look for "localhost" in the certificate. */
const tlsOptions = (host: string, ca: string | undefined): ConnectionOptions => ({
  host,
  ...(isIP(host) === 0 ? { servername: host } : {}),
  ...(ca === undefined ? {} : { ca }),
  minVersion: "TLSv1.2",
  rejectUnauthorized: true,
});

const sessionOf = (client: Client): LdapSession => ({
  find: async (baseDn, filter, attributes) =>
    (await client.search(baseDn, { scope: "sub", filter, attributes, paged: { pageSize: PAGE } })).searchEntries,
  read: async (dn, attributes) => {
    try {
      return (await client.search(dn, { scope: "base", attributes })).searchEntries.at(0);
    } catch (error) {
      if (error instanceof ResultCodeError && error.code === NO_SUCH_OBJECT) return undefined;
      throw error;
    }
  },
});

/** RFC 4511, result codes. */
const NO_SUCH_OBJECT = 32;

async function inTime<T>(until: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const end = (): void => reject(unavailable("The directory took too long to answer.", true));
    timer = setTimeout(end, Math.max(0, until - Date.now()));
  });
  const working = work();
  // When time is over, it ends with the connection, and nobody is there to hear of it.
  working.catch(() => undefined);
  try {
    return await Promise.race([working, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** In our words: a directory's own text may repeat what was sent. */
function ldapError(error: unknown, where: string): DbAccessError {
  if (error instanceof DbAccessError) return error;
  if (error instanceof InvalidCredentialsError)
    return unavailable(
      `The directory at ${where} refused the user name or password of its secret; correct the secret.`,
    );
  if (error instanceof ResultCodeError)
    return unavailable(
      `The directory at ${where} refused to answer (result ${error.code}); see that its user may read groups and people below the base DN, and that the base DN is there.`,
    );
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  if (/CERT|SIGNATURE|ISSUER|^ERR_(TLS|SSL|OSSL)|^EPROTO/.test(code))
    return unavailable(
      `The directory at ${where} could not prove who it is (${code}); give its authority in directory.caPem, and use the name in its certificate.`,
    );
  return unavailable(
    `The directory at ${where} cannot be reached (${code === "" ? "no answer" : code}); see that its port is open to the provisioner's security group, and that its name is known there.`,
    true,
  );
}
