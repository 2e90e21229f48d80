// The orders database, its tables and who may do what in it: the same program for PostgreSQL and MySQL.
import * as pulumi from "@pulumi/pulumi";
import * as dbaccess from "pulumi-db-access";

const config = new pulumi.Config();

// The database team deployed the provisioner beside the cluster and published how to reach it. This program needs
// neither a network path to the database nor its admin's password.
const provisioner = dbaccess.provisionerFromParameter(config.require("provisioner"));

// MySQL has neither schemas nor default privileges.
const onPostgresql = <T>(value: T): pulumi.Output<T | undefined> =>
  provisioner.engine.apply((engine) => (engine.endsWith("postgresql") ? value : undefined));

// Owns the database and everything the migrations create in it. Nobody logs in as it.
const owner = new dbaccess.DbRole("owner", { provisioner, name: "orders_owner", deletion: "drop" });

const database = new dbaccess.DbDatabase("orders", {
  provisioner,
  name: "orders",
  owner: owner.name,
  deletion: "drop", // the default keeps the data
});

// The tables, in the same deployment. Files run as the owner and never as the provisioner's own login.
const schema = new dbaccess.DbMigration("schema", {
  provisioner,
  database: database.name,
  directory: config.require("migrations"),
  runAs: owner.name,
  // Of a file that failed part of the way, by somebody who has looked: on MySQL what it has done by then stays.
  resolve: config.getObject<Record<string, dbaccess.ResolveArgs>>("resolve"),
});

// The password is made where the database is and kept in Secrets Manager. It is never in this program or its state.
const passwordOf = (username: string): dbaccess.UserAuth => ({
  kind: "password",
  secret: { name: pulumi.interpolate`${provisioner.cluster}/${username}`, recoveryDays: 0 },
});

const app = new dbaccess.DbUser("app", {
  provisioner,
  username: "orders_app",
  database: database.name,
  auth: passwordOf("orders_app"),
  passwordVersion: config.requireNumber("passwordVersion"),
  deletion: "drop",
});

const analyst = new dbaccess.DbUser("analyst", {
  provisioner,
  username: "orders_analyst",
  database: database.name,
  auth: passwordOf("orders_analyst"),
  deletion: "drop",
});

// All tables of the database, those that the owner is going to create included.
const tables: dbaccess.TablesTarget = {
  kind: "tables",
  database: database.name,
  schema: onPostgresql("public"),
  tables: "*",
  future: onPostgresql<dbaccess.FutureArgs>({ createdBy: [owner.name] }),
};

// Exclusive: what somebody grants the application by hand on these tables is drift, and the next `up` takes it away.
const appGrant = new dbaccess.DbGrant(
  "app",
  { provisioner, grantee: app.username, on: tables, template: config.require("access"), mode: "exclusive" },
  { dependsOn: schema },
);

// Additive, the default: what others grant the analyst is listed in `unmanaged` and left alone.
const analystGrant = new dbaccess.DbGrant(
  "analyst",
  { provisioner, grantee: analyst.username, on: tables, privileges: ["SELECT"] },
  { dependsOn: schema },
);

// No password at all: whoever may `rds-db:connect` to this ARN logs in with a token of 15 minutes.
let reporter: dbaccess.DbUser | undefined;
if (config.requireBoolean("iam")) {
  reporter = new dbaccess.DbUser("reporter", {
    provisioner,
    username: "orders_reporter",
    database: database.name,
    auth: { kind: "iam" },
    deletion: "drop",
  });
  new dbaccess.DbGrant(
    "reporter",
    { provisioner, grantee: reporter.username, on: tables, privileges: ["SELECT"] },
    { dependsOn: schema },
  );
}

export const appSecretArn = app.secretArn;
export const appMay = appGrant.effective;
export const analystSecretArn = analyst.secretArn;
export const analystMay = analystGrant.effective;
export const notOurs = analystGrant.unmanaged;
export const reporterConnectArn = reporter?.iamConnectArn;
