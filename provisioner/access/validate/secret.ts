import type { LoginClaim, SecretSpec } from "../claims";
import type { Checker } from "./checker";

const iamPrincipal = /^arn:aws[a-z-]*:iam::(\d{12}):(root|(role|user)\/[\w+=,.@/-]+)$/;
const accountId = /^\d{12}$/;
const secretArn = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@!-]+$/;
/** `eu-west-1`, `us-gov-east-1`, `us-isob-east-1`. */
const regionName = /^[a-z]{2,4}(-[a-z]+){1,2}-\d{1,2}$/;

/** Ours say who a secret belongs to and are never taken over from another one. */
const ownTag = /^(db-access:.*|create_by_user_automation|creation_timestamp)$/i;

export function secretProblems(claim: LoginClaim, check: Checker): void {
  const { auth } = claim;
  if (!check.known(auth) || auth.kind !== "password") return;
  suppliedProblems(claim, auth, check);
  const { secret } = auth;
  if (secret === undefined || !check.known(secret)) return;
  nameProblems(secret, check);
  recoveryProblems(secret, check);
  readerProblems(secret, check);
  replicaProblems(secret, check);
  tagProblems(secret, check);
}

type PasswordAuth = Extract<LoginClaim["auth"], { kind: "password" }>;

function suppliedProblems(claim: LoginClaim, auth: PasswordAuth, { known, add }: Checker): void {
  const { suppliedSecretArn, secret } = auth;
  if (suppliedSecretArn === undefined || !known(suppliedSecretArn)) return;
  // What stands in its place may be a password: it is never repeated.
  if (!secretArn.test(suppliedSecretArn))
    add(
      "auth.suppliedSecretArn",
      "auth.suppliedSecretArn is not the ARN of a secret; write arn:aws:secretsmanager:<Region>:<account>:secret:<name>, never a password.",
    );
  if (known(secret))
    add("auth.secret", "auth.suppliedSecretArn names the secret, so no other is made; remove auth.secret.");
  if (known(claim.passwordVersion))
    add(
      "passwordVersion",
      "The password is what auth.suppliedSecretArn holds and is not reset here; remove passwordVersion.",
    );
}

function nameProblems({ name }: SecretSpec, { context, known, add }: Checker): void {
  if (name === undefined || !known(name)) return;
  if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name))
    add("auth.secret.name", `${JSON.stringify(name)} is not a secret name; use letters, digits and / _ + = . @ -.`);
  else if (!context.secretNamePrefixes.some((prefix) => name.startsWith(prefix)))
    add(
      "auth.secret.name",
      `${JSON.stringify(name)} is outside the prefixes this provisioner may write (${context.secretNamePrefixes.join(", ")}); begin the name with one of them.`,
      "SecretNameRefused",
    );
  else if (/-[A-Za-z0-9]{6}$/.test(name))
    add(
      "auth.secret.name",
      `${JSON.stringify(name)} ends with a hyphen and six characters, which Secrets Manager confuses with the end of an ARN; change the end.`,
    );
}

function recoveryProblems({ recoveryDays: days }: SecretSpec, { known, add }: Checker): void {
  if (days === undefined || !known(days)) return;
  if (!Number.isInteger(days) || !(days === 0 || (days >= 7 && days <= 30)))
    add("auth.secret.recoveryDays", `recoveryDays is ${days}; give 7 to 30, or 0 for immediate deletion.`);
}

function readerProblems({ readers, kmsKeyArn }: SecretSpec, { context, known, add }: Checker): void {
  if (readers === undefined || !known(readers)) return;
  const ownKey = kmsKeyArn === undefined || (known(kmsKeyArn) && kmsKeyArn.endsWith("alias/aws/secretsmanager"));
  readers.forEach((reader, index) => {
    if (!known(reader)) return;
    const property = `auth.secret.readers[${index}]`;
    const account = accountId.test(reader) ? reader : iamPrincipal.exec(reader)?.[1];
    if (account === undefined)
      return add(
        property,
        `${JSON.stringify(reader)} is not an account id of 12 digits or the ARN of an IAM role, user or root; name who shall read the secret.`,
      );
    // Without an account of one's own to compare with, the provisioner says it.
    if (ownKey && context.account !== undefined && account !== context.account)
      add(
        property,
        `${reader} is in another account, which cannot use this one's aws/secretsmanager key; set auth.secret.kmsKeyArn to a key that it may decrypt with.`,
      );
  });
}

function replicaProblems({ replicas }: SecretSpec, { context, known, add }: Checker): void {
  if (replicas === undefined || !known(replicas)) return;
  const seen = new Set<string>();
  replicas.forEach((replica, index) => {
    if (!known(replica) || !known(replica.region)) return;
    const { region } = replica;
    const property = `auth.secret.replicas[${index}].region`;
    if (!regionName.test(region))
      add(property, `${JSON.stringify(region)} is not the name of a Region; write for example "eu-west-1".`);
    else if (seen.has(region)) add(property, `auth.secret.replicas names ${region} twice; keep one.`);
    else if (region === context.region)
      add(property, `${region} is where the secret itself is; replicas are in other Regions. Remove it.`);
    seen.add(region);
  });
}

function tagProblems({ inherit }: SecretSpec, { known, add }: Checker): void {
  if (inherit === undefined || !known(inherit)) return;
  const { tags } = inherit;
  if (tags === undefined || !known(tags)) return;
  tags.forEach((tag, index) => {
    if (!known(tag)) return;
    const property = `auth.secret.inherit.tags[${index}]`;
    if (/^aws:/i.test(tag))
      add(property, `${JSON.stringify(tag)} is one of AWS's own tags, which cannot be set; remove it.`);
    else if (ownTag.test(tag))
      add(property, `${JSON.stringify(tag)} says who the admin's secret belongs to, or who made it; remove it.`);
    else if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(tag))
      add(property, `${JSON.stringify(tag)} is not the key of a tag; use letters, digits, spaces and _ . : / = + - @.`);
  });
}
