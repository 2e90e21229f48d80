import * as pulumi from "@pulumi/pulumi";
import { attributePattern, ldapUrlPattern, storeIdPattern } from "../../provisioner/directory/config";
import type { DirectoryArgs } from "./args-directory";
import type { DirectoryRole } from "./policies";
import { iamArn, isLater, secretArn, type Rules } from "./rules";

/** Beside the code, like the certificates for the database. */
export const DIRECTORY_CA_FILE = "directory-ca.pem";

const defaultPorts = { "ldaps:": 636, "ldap:": 389 } as const;

/** Of an LDAP directory; others are reached by HTTPS. */
export function ldapPortOf(directory: DirectoryArgs | undefined): number | undefined {
  if (directory?.kind !== "ldap") return undefined;
  const { port, protocol } = new URL(directory.url);
  return port === "" ? defaultPorts[protocol as keyof typeof defaultPorts] : Number(port);
}

export const directoryCaOf = (directory: DirectoryArgs | undefined): string | undefined =>
  directory?.kind === "ldap" ? directory.caPem : undefined;

/** What the functions are told of it, as JSON. */
export function directoryText(directory: DirectoryArgs): pulumi.Output<string> {
  const known =
    directory.kind === "ldap"
      ? {
          kind: directory.kind,
          url: directory.url,
          bindSecretArn: directory.bindSecretArn,
          baseDn: directory.baseDn,
          groupBaseDn: directory.groupBaseDn,
          loginAttribute: directory.loginAttribute,
        }
      : directory;
  return pulumi.output(known).apply((values) => JSON.stringify(values));
}

/** What the role of the function that reads it may do. With a role to assume, nothing else is needed here. */
export const directoryRole = (directory: DirectoryArgs | undefined): pulumi.Output<DirectoryRole> =>
  directory === undefined
    ? pulumi.output({})
    : directory.kind === "ldap"
      ? pulumi.output({ bindSecretArn: directory.bindSecretArn })
      : directory.roleArn !== undefined
        ? pulumi.output({ roleArn: directory.roleArn })
        : pulumi.output({ identityStoreId: directory.identityStoreId });

export function assertDirectory(rules: Rules, directory: unknown): void {
  if (directory === undefined) return;
  const { fail, keys, text, list } = rules;
  const kind = (directory as { kind?: unknown } | null)?.kind;
  if (kind !== "identityCenter" && kind !== "ldap")
    fail("directory.kind", isLater(kind) ? "an output" : kind, 'use "identityCenter" or "ldap"');
  if (kind === "identityCenter") {
    const given = keys("directory", directory, ["kind", "identityStoreId", "region", "roleArn"]);
    if (given.identityStoreId === undefined) fail("directory.identityStoreId", undefined, "give the store's id, d-…");
    text("directory.identityStoreId", given.identityStoreId, storeIdPattern, "use an id, d-… with ten digits");
    text("directory.region", given.region, /^[a-z]{2}(-[a-z]+)+-\d$/, "use a Region, eu-central-1");
    text("directory.roleArn", given.roleArn, iamArn, "use a role's ARN");
    return;
  }
  const given = keys("directory", directory, [
    "kind",
    "url",
    "bindSecretArn",
    "baseDn",
    "groupBaseDn",
    "loginAttribute",
    "caPem",
    "securityGroupId",
    "cidrBlocks",
  ]);
  const url = "ldaps://host[:port], or ldap://host[:port] for StartTLS, as a plain string";
  for (const key of ["url", "bindSecretArn", "baseDn"])
    if (given[key] === undefined) fail(`directory.${key}`, undefined, key === "url" ? `give ${url}` : "it is needed");
  if (isLater(given.url)) fail("directory.url", "an output", `use ${url}`);
  text("directory.url", given.url, ldapUrlPattern, `use ${url}`);
  text("directory.bindSecretArn", given.bindSecretArn, secretArn, "use the secret's whole ARN");
  for (const key of ["baseDn", "groupBaseDn"])
    text(`directory.${key}`, given[key], /^[^=,]+=.+$/, 'use a distinguished name, "dc=example,dc=com"');
  text("directory.loginAttribute", given.loginAttribute, attributePattern, "use the name of an attribute");
  const { caPem } = given;
  if (caPem !== undefined && (typeof caPem !== "string" || !caPem.includes("-----BEGIN CERTIFICATE-----")))
    fail("directory.caPem", isLater(caPem) ? "an output" : "the text", "give the certificates, as plain PEM text");
  text("directory.securityGroupId", given.securityGroupId, /^sg-[0-9a-z]+$/, "use an id, sg-…");
  const range = /^([0-9.]+|[0-9a-fA-F:]+)\/\d{1,3}$/;
  list("directory.cidrBlocks", given.cidrBlocks, range, 'use ranges such as "10.0.0.0/16"');
}
