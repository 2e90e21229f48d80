// The database team's stack: a cluster becomes a service that other teams' stacks use. It is given by its values here;
// a cluster that this program makes itself is `cluster: { engine: "aurora-postgresql", from: cluster }`.
import * as pulumi from "@pulumi/pulumi";
import * as dbaccess from "pulumi-db-access";

const config = new pulumi.Config();

// Only where the server's certificate is not one of RDS, as on the local stack.
const ca = config.get("ca");

const orders = new dbaccess.Provisioner("orders", {
  clusterName: config.require("clusterName"),
  cluster: {
    engine: "postgresql",
    endpoint: config.require("endpoint"),
    port: config.requireNumber("port"),
    adminSecretArn: config.require("adminSecretArn"),
  },
  network: { vpcId: config.require("vpcId"), subnetIds: config.requireObject<string[]>("subnetIds") },
  functions: { access: { memoryMb: config.requireNumber("memoryMb") } },
  forceDestroy: config.requireBoolean("forceDestroy"),
  ...(ca === undefined ? {} : { tls: { ca } }),
});

// All that other stacks need. It holds no secret.
export const provisioner = orders.ref;
// What changes it, and what to alarm somebody with.
export const functions = orders.functionArns;
export const alarms = orders.topicArn;
