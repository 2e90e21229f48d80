// The application team's stack: its user and its rights stand beside its own code. The database belongs to another
// team, whose stack published the provisioner.
import * as pulumi from "@pulumi/pulumi";
import * as dbaccess from "pulumi-db-access";

const config = new pulumi.Config();
const orders = dbaccess.provisionerFromParameter(config.require("provisioner"));

const owner = new dbaccess.DbRole("owner", { provisioner: orders, name: "orders_owner" });
const db = new dbaccess.DbDatabase("orders", { provisioner: orders, name: "orders", owner: owner.name });

const schema = new dbaccess.DbMigration("schema", {
  provisioner: orders,
  database: db.name,
  directory: "./migrations",
  runAs: owner.name,
});

const api = new dbaccess.DbUser(
  "api",
  {
    provisioner: orders,
    username: "orders_api",
    database: db.name,
    auth: { kind: "password", secret: { name: "orders/api" } }, // or { kind: "iam" }
  },
  { dependsOn: schema },
);

new dbaccess.DbGrant("api-write", {
  provisioner: orders,
  grantee: api.username,
  on: { kind: "tables", database: db.name, schema: "public", tables: "*", future: { createdBy: [owner.name] } },
  privileges: ["SELECT", "INSERT", "UPDATE", "DELETE"], // or template: "write"
});

// An ECS task definition takes it as { name: "DATABASE", valueFrom: secretArn }.
export const secretArn = api.secretArn;
