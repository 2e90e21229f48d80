import path from "node:path";

/** What any program needs to run at all. Everything else a program wants is named in the fleet file. */
const basics =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT|COMSPEC|PATHEXT|APPDATA|USERPROFILE|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|PULUMI_\w+|DB_ACCESS_\w+)$/i;

const credentials = /^AWS_/;

/**
 * The whole environment of one target's child process. A target that names any `AWS_…` variable gets none of the
 * caller's: keys from the shell win over a profile, and would reach into the wrong account.
 */
export function childEnvironment(
  own: Readonly<Record<string, string>>,
  extra: { backend?: string; pulumi?: string } = {},
  caller: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const named = Object.keys(own);
  // A Region or an endpoint says where, not as whom: that alone keeps the caller's credentials.
  const ownIdentity = named.some(
    (name) => credentials.test(name) && !/^AWS_(REGION|DEFAULT_REGION|ENDPOINT_URL.*)$/.test(name),
  );
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(caller)) {
    if (value === undefined) continue;
    if (basics.test(name) || (credentials.test(name) && !ownIdentity)) env[name] = value;
  }
  if (extra.backend !== undefined) env.PULUMI_BACKEND_URL = extra.backend;
  Object.assign(env, own);
  if (extra.pulumi !== undefined) env.PATH = [extra.pulumi, env.PATH].filter(Boolean).join(path.delimiter);
  return env;
}
