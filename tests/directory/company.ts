import type { LdifEntry } from "../../local/directory";

export const baseDn = "dc=example,dc=org";
export const readerDn = `cn=reader,${baseDn}`;
/** More than the server gives to anybody in one answer, and than fits into two pages. */
export const CROWD = 1_100;

const person = (uid: string, more: LdifEntry["attributes"] = {}, dn = `uid=${uid},ou=people,${baseDn}`): LdifEntry => ({
  dn,
  attributes: { objectClass: ["inetOrgPerson", "testAccount"], uid, cn: uid, sn: uid, ...more },
});
const group = (cn: string, member: string[], dn = `cn=${cn},ou=groups,${baseDn}`): LdifEntry => ({
  dn,
  attributes: { objectClass: "groupOfNames", cn, member },
});
const unit = (ou: string): LdifEntry => ({
  dn: `ou=${ou},${baseDn}`,
  attributes: { objectClass: "organizationalUnit", ou },
});
const uid = (name: string): string => `uid=${name},ou=people,${baseDn}`;
const cn = (name: string): string => `cn=${name},ou=groups,${baseDn}`;

const crowd = Array.from({ length: CROWD }, (_, index) => `crowd${String(index).padStart(4, "0")}`);

/** A group's name with everything that means something in filters and in distinguished names. */
export const oddName = "R&D (Köln) *\\, #1 + <x>";
const oddDn = `cn=R&D (Köln) *\\5C\\, #1 \\+ \\<x\\>,ou=groups,${baseDn}`;

export const company = (password: string): LdifEntry[] => [
  { dn: baseDn, attributes: { objectClass: ["organization", "dcObject"], o: "Example", dc: "example" } },
  {
    dn: readerDn,
    attributes: { objectClass: ["organizationalRole", "simpleSecurityObject"], cn: "reader", userPassword: password },
  },
  unit("people"),
  unit("groups"),
  unit("hidden"),
  person("Ada.Lovelace"),
  person("grace@example.org"),
  person("edsger", { nsAccountLock: "TRUE" }),
  person("barbara", { sAMAccountName: "B.Liskov", userAccountControl: "512" }),
  person("alan", { sAMAccountName: "a.turing", userAccountControl: "514" }),
  person("tony", { uid: ["tony"] }, `uid=tony,ou=hidden,${baseDn}`),
  person("grace@example.net"),
  person("o'hara"),
  person("postgres"),
  person("rds_nobody"),
  ...crowd.map((name) => person(name)),
  group("analysts", [uid("ada.lovelace"), cn("engineers"), cn("nobody"), uid("long-gone")]),
  group("engineers", [uid("grace@example.org"), uid("edsger"), "UID=Ada.Lovelace, OU=People, DC=example,DC=org"]),
  // The two contain each other, and the first itself.
  group("ring", [cn("ring"), cn("round"), uid("barbara")]),
  group("round", [cn("ring"), uid("grace@example.org"), `cn=reader,${baseDn}`]),
  group("nobody", [`cn=reader,${baseDn}`]),
  group("locked", [uid("edsger")]),
  group("unseen", [`uid=tony,ou=hidden,${baseDn}`]),
  group("crowd", crowd.map(uid)),
  group("two-graces", [uid("grace@example.org"), uid("grace@example.net")]),
  group("apostrophe", [uid("o'hara")]),
  group("reserved", [uid("rds_nobody")]),
  group(oddName, [uid("ada.lovelace")], oddDn),
  group("accounts", [uid("barbara"), uid("alan"), uid("grace@example.org")]),
  {
    dn: cn("unique"),
    attributes: { objectClass: "groupOfUniqueNames", cn: "unique", uniqueMember: `${uid("barbara")}#'0101'B` },
  },
  group("twice", [uid("barbara")]),
  {
    dn: cn("directors"),
    attributes: {
      objectClass: "group",
      cn: "directors",
      member: uid("barbara"),
      groupType: "-2147483646",
      instanceType: "4",
      nTSecurityDescriptor: "none",
      objectCategory: baseDn,
    },
  },
  unit("elsewhere"),
  group("twice", [uid("grace@example.org")], `cn=twice,ou=elsewhere,${baseDn}`),
];
