// A change in two releases, while the application goes on. What an order costs was `total`, a decimal, and becomes
// `total_cents`, a whole number: another name and another type, which in one step would stop whoever still uses the old.
//
//   expand    adds `total_cents`, lets triggers keep both in step, and fills it in for the rows that are there. The old
//             application works as before; the new one is rolled out beside it and uses `total_cents` alone.
//   contract  takes `total` away, when the old application is gone. Its file says that it means it.
//
// A repository has one folder, to which a release adds. Here its three states lie beside each other, to be deployed.
import * as pulumi from "@pulumi/pulumi";
import * as dbaccess from "pulumi-db-access";

const config = new pulumi.Config();
const provisioner = dbaccess.provisionerFromParameter(config.require("provisioner"));
const engine = config.require("engine");
const release = config.require("release");

const owner = new dbaccess.DbRole("owner", { provisioner, name: "sales_owner", deletion: "drop" });
const database = new dbaccess.DbDatabase("sales", {
  provisioner,
  name: "sales",
  owner: owner.name,
  deletion: "drop", // the default keeps the data
});

const schema = new dbaccess.DbMigration("schema", {
  provisioner,
  database: database.name,
  directory: `./${engine}/${release}`,
  runAs: owner.name,
});

// The application's login reads and writes. It needs no right to what the triggers do.
const application = new dbaccess.DbUser("application", {
  provisioner,
  username: "sales_application",
  database: database.name,
  auth: { kind: "password", secret: { name: pulumi.interpolate`${provisioner.cluster}/sales`, recoveryDays: 0 } },
});
new dbaccess.DbGrant(
  "application",
  {
    provisioner,
    grantee: application.username,
    on:
      engine === "postgresql"
        ? {
            kind: "tables",
            database: database.name,
            schema: "public",
            tables: "*",
            future: { createdBy: [owner.name] },
          }
        : { kind: "database", database: database.name },
    template: "readwrite",
  },
  { dependsOn: schema },
);

export const secretArn = application.secretArn;
// Where a service is deployed by the same program, its new version comes after this.
export const applied = schema.applied;
