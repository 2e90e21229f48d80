// MySQL: a login is an account for each host that it may come from, a database has no schemas, and a privilege on a
// database is one on everything that is ever going to be in it. MariaDB differs in the engine's name alone.
import * as pulumi from "@pulumi/pulumi";
import * as dbaccess from "pulumi-db-access";

const config = new pulumi.Config();

// Only where the server's certificate is not one of RDS, as on the local stack.
const ca = config.get("ca");

const provisioner = new dbaccess.Provisioner("shop", {
  clusterName: "shop",
  cluster: {
    engine: "mysql",
    endpoint: config.require("endpoint"),
    port: config.requireNumber("port"),
    adminSecretArn: config.require("adminSecretArn"),
  },
  network: { vpcId: config.require("vpcId"), subnetIds: config.requireObject<string[]>("subnetIds") },
  ...(ca === undefined ? {} : { tls: { ca } }),
});

const database = new dbaccess.DbDatabase("shop", {
  provisioner,
  name: "shop",
  deletion: "drop", // the default keeps the data
});

const auth: dbaccess.UserAuth = { kind: "password", secret: { recoveryDays: 0 } };

// One account for each host; a list that changes adds and removes accounts and leaves the others alone.
const app = new dbaccess.DbUser("app", {
  provisioner,
  username: "shop_app",
  hosts: config.requireObject<string[]>("hosts"),
  database: database.name,
  auth,
  connectionLimit: 50,
  // The former password works for an hour beside the new one: nobody is refused while instances learn it.
  rotation: { strategy: "dual", days: 30 },
});
new dbaccess.DbGrant("app-write", {
  provisioner,
  grantee: app.username,
  on: { kind: "database", database: database.name },
  template: "readwrite",
});

const reports = new dbaccess.DbUser("reports", {
  provisioner,
  username: "shop_reports",
  hosts: config.requireObject<string[]>("hosts"),
  database: database.name,
  auth,
  limits: { queriesPerHour: 1000 },
});
new dbaccess.DbGrant("reports-read", {
  provisioner,
  grantee: reports.username,
  on: { kind: "database", database: database.name },
  template: "read",
});

export const appSecretArn = app.secretArn;
export const reportsSecretArn = reports.secretArn;
