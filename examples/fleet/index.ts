// What every cluster of the fleet has: a login with which the support team looks into one database.
import * as pulumi from "@pulumi/pulumi";
import * as dbaccess from "pulumi-db-access";

const config = new pulumi.Config();
const provisioner = dbaccess.provisionerFromParameter(config.require("provisioner"));
const database = config.require("database");

const support = new dbaccess.DbUser("support", {
  provisioner,
  username: "support",
  database,
  auth: { kind: "password", secret: { name: pulumi.interpolate`${provisioner.cluster}/support`, recoveryDays: 0 } },
});

new dbaccess.DbGrant("support", {
  provisioner,
  grantee: support.username,
  on: {
    kind: "tables",
    database,
    // MySQL has no schemas.
    schema: provisioner.engine.apply((engine) => (engine.endsWith("postgresql") ? "public" : undefined)),
    tables: "*",
  },
  privileges: ["SELECT"],
});

export const secretArn = support.secretArn;
