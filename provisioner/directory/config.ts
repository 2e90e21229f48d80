import { z } from "zod";

/** Groups of AWS IAM Identity Center. */
export interface IdentityCenterDirectory {
  kind: "identityCenter";
  identityStoreId: string;
  /** Where Identity Center is enabled. Default: the function's own Region. */
  region?: string;
  /** A role in the account that the identity store can be read from. Default: the function's own. */
  roleArn?: string;
}

/** Groups of an LDAP directory or of Active Directory. */
export interface LdapDirectory {
  kind: "ldap";
  /** `ldaps://host[:port]`, or `ldap://host[:port]`, which begins with StartTLS. There is no third way. */
  url: string;
  /** JSON with `username`, a DN or what else the directory takes, and `password`. */
  bindSecretArn: string;
  baseDn: string;
  /** Where groups are looked for. Default: `baseDn`. */
  groupBaseDn?: string;
  /** The attribute with the login's name. Default: `sAMAccountName` in Active Directory, `uid` elsewhere. */
  loginAttribute?: string;
  /** PEM text that is trusted in place of the well-known authorities. */
  ca?: string;
}

export type DirectoryConfig = IdentityCenterDirectory | LdapDirectory;

const text = z.string().min(1);

export const storeIdPattern = /^(d-[0-9a-f]{10}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
export const ldapUrlPattern = /^ldaps?:\/\/[A-Za-z0-9.-]{1,253}(:\d{1,5})?\/?$/;
export const attributePattern = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;

const schema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("identityCenter"),
    identityStoreId: z.string().regex(storeIdPattern),
    region: text.optional(),
    roleArn: text.optional(),
  }),
  z.strictObject({
    kind: z.literal("ldap"),
    url: z.string().regex(ldapUrlPattern),
    bindSecretArn: text,
    baseDn: text,
    groupBaseDn: text.optional(),
    loginAttribute: z.string().regex(attributePattern).optional(),
  }),
]);

/** Reads what `DB_ACCESS_DIRECTORY` says. Certificates are in a file: an environment has room for few. */
export function readDirectory(json: string, ca: string | undefined): DirectoryConfig {
  const parsed = schema.safeParse(parse(json));
  if (!parsed.success)
    throw new Error(`The function's environment is not valid: DB_ACCESS_DIRECTORY: ${z.prettifyError(parsed.error)}`);
  return parsed.data.kind === "ldap" && ca !== undefined ? { ...parsed.data, ca } : parsed.data;
}

const parse = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};
