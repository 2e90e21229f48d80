import type { World } from "../support/world";

const user = (name: string): string => `
new db.DbUser("user", { provisioner, username: "${name}", auth: { kind: "password", secret: { recoveryDays: 0 } } });
`;

/** A login, through a provisioner that is there: nothing of AWS has to be installed. */
export const readsProvisioner = (name: string): string => `
const provisioner = db.provisionerFromParameter("/db-access/orders");${user(name)}`;

/** A login, and a provisioner of its own, which is made of resources of `@pulumi/aws`. */
export function makesProvisioner({ server, target }: World, clusterName: string, name: string): string {
  const { host: endpoint, port, ca } = server;
  const args = {
    clusterName,
    cluster: { engine: "postgresql", endpoint, port, adminSecretArn: target.adminSecretArn },
    network: { vpcId: "vpc-0orders", subnetIds: ["subnet-0a"] },
    tls: { ca },
  };
  return `
const provisioner = new db.Provisioner("own", ${JSON.stringify(args)});${user(name)}`;
}

export const typescript = (body: string): string => `import * as db from "pulumi-db-access";\n${body}`;
export const javascript = (body: string): string => `const db = require("pulumi-db-access");\n${body}`;
