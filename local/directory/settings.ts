import * as path from "node:path";

import type { InstalledDirectory } from "./install";

export interface DirectoryFiles {
  data: string;
  certificate: string;
  key: string;
  /** What the root entry says besides. */
  root: string;
}

/** Core ones, and Microsoft's, with the names that Active Directory has for accounts. */
const schemas = ["core", "cosine", "inetorgperson", "nis", "msuser"];

/** As directories of companies are: nobody without a name, nothing without TLS, no password to be read. */
export const settings = (
  { schema, modules }: InstalledDirectory,
  files: DirectoryFiles,
  baseDn: string,
): string => `${schemas.map((name) => `include ${path.join(schema, `${name}.schema`)}`).join("\n")}
attributetype ( 1.3.6.1.4.1.4203.666.11.99.1 NAME 'supportedCapabilities' EQUALITY objectIdentifierMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )
attributetype ( 1.3.6.1.4.1.4203.666.11.99.2 NAME 'nsAccountLock' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.4203.666.11.99.3 NAME 'testAccount' SUP top AUXILIARY MAY ( nsAccountLock $ sAMAccountName $ userAccountControl ) )
modulepath ${modules}
moduleload back_mdb
TLSCertificateFile ${files.certificate}
TLSCertificateKeyFile ${files.key}
rootDSE ${files.root}
disallow bind_anon
require authc
security ssf=128
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree="ou=hidden,${baseDn}" by * none
access to * by users read by * none
database mdb
suffix "${baseDn}"
directory ${files.data}
maxsize 67108864
limits users size.soft=500 size.hard=500 size.prtotal=unlimited
dbnosync
index objectClass,cn,uid eq
`;
