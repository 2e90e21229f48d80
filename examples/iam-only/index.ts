// No password anywhere: whoever may `rds-db:connect` logs in with a token of 15 minutes. There is no secret to read, to
// rotate or to lose, and who may connect is decided in IAM.
import * as pulumi from "@pulumi/pulumi";
import * as dbaccess from "pulumi-db-access";

const config = new pulumi.Config();
const provisioner = dbaccess.provisionerFromName(config.require("cluster"));

const owner = new dbaccess.DbRole("owner", { provisioner, name: "stock_owner", deletion: "drop" });
const database = new dbaccess.DbDatabase("stock", {
  provisioner,
  name: "stock",
  owner: owner.name,
  deletion: "drop", // the default keeps the data
});

// What each may do with the tables. Those that the owner is going to create are included.
const access = { api: "readwrite", reports: "read" };

const logins = Object.entries(access).map(([name, template]) => {
  const login = new dbaccess.DbUser(name, {
    provisioner,
    username: `stock_${name}`,
    database: database.name,
    auth: { kind: "iam" },
  });
  new dbaccess.DbGrant(name, {
    provisioner,
    grantee: login.username,
    on: { kind: "tables", database: database.name, schema: "public", tables: "*", future: { createdBy: [owner.name] } },
    template,
  });
  return login;
});

// The policies that let an application's role connect, and only as its own login:
//   new aws.iam.RolePolicy("database", { role: task.name, policy: policies.stock_api });
export const policies = pulumi
  .all(logins.map((login) => pulumi.all([login.username, login.iamPolicyJson])))
  .apply((all) => Object.fromEntries(all));
