// Everything in one program and one deployment: the database, the provisioner inside its network, and who may do what.
// The database is never public, not even for its first users: they are made from inside.
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as dbaccess from "pulumi-db-access";

const config = new pulumi.Config();
const vpcId = config.require("vpcId");
const subnetIds = config.requireObject<string[]>("subnetIds");

// Only where the server's certificate is not one of RDS, as on the local stack.
const ca = config.get("ca");

const subnets = new aws.rds.SubnetGroup("orders", { subnetIds });
const group = new aws.ec2.SecurityGroup("orders-database", { vpcId, description: "The orders database" });
const server = new aws.rds.Instance("orders", {
  identifier: "orders",
  engine: "postgres",
  engineVersion: "17",
  instanceClass: "db.t4g.micro",
  allocatedStorage: 20,
  username: "dba",
  manageMasterUserPassword: true, // RDS makes the admin's password and rotates it; only the provisioner reads it
  iamDatabaseAuthenticationEnabled: true,
  storageEncrypted: true,
  publiclyAccessible: false,
  dbSubnetGroupName: subnets.name,
  vpcSecurityGroupIds: [group.id],
  finalSnapshotIdentifier: "orders-last",
});

// Endpoint, port, security group and the admin's secret are read from the instance.
const provisioner = new dbaccess.Provisioner("orders", {
  clusterName: "orders",
  cluster: { from: server, engine: "postgresql" },
  network: { vpcId, subnetIds },
  ...(ca === undefined ? {} : { tls: { ca } }),
});

// Owns what the migrations create. Nobody logs in as it.
const owner = new dbaccess.DbRole("owner", { provisioner, name: "orders_owner", deletion: "drop" });
const database = new dbaccess.DbDatabase("orders", {
  provisioner,
  name: "orders",
  owner: owner.name,
  deletion: "drop", // the default keeps the data
});

const api = new dbaccess.DbUser("api", {
  provisioner,
  username: "orders_api",
  database: database.name,
  auth: { kind: "password", secret: { name: "orders/orders_api", recoveryDays: 0 } },
});

const grant = new dbaccess.DbGrant("api-write", {
  provisioner,
  grantee: api.username,
  on: { kind: "tables", database: database.name, schema: "public", tables: "*", future: { createdBy: [owner.name] } },
  template: "readwrite",
});

export const secretArn = api.secretArn;
export const may = grant.effective;
