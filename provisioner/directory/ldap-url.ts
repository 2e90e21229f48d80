/** What the LDAP library takes an address apart with, and all that it reads of the result. */
export interface ParsedUrl {
  scheme: string;
  host: string | null;
  port: number | null;
}

/**
 * Stands in the archive in place of the package `whatwg-url`, whose tables of Unicode are a tenth of everything in it.
 * Addresses have been checked by then: a scheme, a name, a port.
 */
export function parseURL(text: string): ParsedUrl | null {
  if (!URL.canParse(text)) return null;
  const { protocol, hostname, port } = new URL(text);
  return {
    scheme: protocol.slice(0, -1),
    host: hostname === "" ? null : hostname,
    port: port === "" ? null : Number(port),
  };
}
