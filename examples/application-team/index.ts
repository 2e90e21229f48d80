// The application team's stack: its database, its login and its rights stand beside its own code. The cluster belongs to
// another team, whose stack exports how to reach its provisioner. This one needs neither a network path to the database
// nor its admin's password.
import * as pulumi from "@pulumi/pulumi";
import * as dbaccess from "pulumi-db-access";

const config = new pulumi.Config();
const provisioner = dbaccess.provisionerFromStack(config.require("databaseStack"), "provisioner");

// Owns what the migrations create. Nobody logs in as it.
const owner = new dbaccess.DbRole("owner", { provisioner, name: "shop_owner", deletion: "drop" });

const shop = new dbaccess.DbDatabase("shop", {
  provisioner,
  name: "shop",
  owner: owner.name,
  deletion: "drop", // the default keeps the data
});

const api = new dbaccess.DbUser("api", {
  provisioner,
  username: "shop_api",
  database: shop.name,
  auth: { kind: "password", secret: { name: "orders/shop_api", recoveryDays: 0 } },
  deletion: "drop",
});

const write = new dbaccess.DbGrant("api-write", {
  provisioner,
  grantee: api.username,
  on: { kind: "tables", database: shop.name, schema: "public", tables: "*", future: { createdBy: [owner.name] } },
  privileges: ["SELECT", "INSERT", "UPDATE", "DELETE"], // or template: "write"
});

// A task definition of ECS takes it as { name: "DATABASE", valueFrom: secretArn }: the password itself is in no state.
export const secretArn = api.secretArn;
export const may = write.effective;
