// Two logins, one deployment: the migration task creates, alters and drops; the service reads and writes and can do
// nothing else. For migration tools of one's own (Flyway, Liquibase, Alembic, Prisma …): they need to know nothing but the
// migration login's secret.
import * as pulumi from "@pulumi/pulumi";
import * as dbaccess from "pulumi-db-access";

const config = new pulumi.Config();
const provisioner = dbaccess.provisionerFromName(config.require("cluster"));

// Owns the database and its schema. Nobody logs in as it, so it stays when logins come and go.
const owner = new dbaccess.DbRole("owner", { provisioner, name: "billing_owner", deletion: "drop" });
const database = new dbaccess.DbDatabase("billing", {
  provisioner,
  name: "billing",
  owner: owner.name,
  deletion: "drop", // the default keeps the data
});

// A schema of its own, because on PostgreSQL 13 and 14 everybody may create tables in `public`; and that is taken away.
const schema = new dbaccess.DbSchema("billing", {
  provisioner,
  database: database.name,
  name: "billing",
  owner: owner.name,
});
new dbaccess.DbGrant("public-create", {
  provisioner,
  grantee: "PUBLIC",
  effect: "revoke",
  on: { kind: "schema", database: database.name, schema: "public" },
  privileges: ["CREATE"],
});

const settings = { search_path: schema.name };
const passwordOf = (username: string): dbaccess.UserAuth => ({
  kind: "password",
  secret: { name: pulumi.interpolate`${provisioner.cluster}/${username}`, recoveryDays: 0 },
});

// As a member of the owner it may do everything in the schema. What it has made goes to the owner when the login goes.
const migration = new dbaccess.DbUser("migration", {
  provisioner,
  username: "billing_migration",
  database: database.name,
  auth: passwordOf("billing_migration"),
  settings,
  deletion: { policy: "drop", reassignOwnedTo: owner.name },
});
const membership = new dbaccess.DbGrant("migration-as-owner", {
  provisioner,
  grantee: migration.username,
  on: { kind: "role", role: owner.name },
});

const application = new dbaccess.DbUser("application", {
  provisioner,
  username: "billing_application",
  database: database.name,
  auth: passwordOf("billing_application"),
  settings,
});
const readwrite = new dbaccess.DbGrant(
  "application-readwrite",
  {
    provisioner,
    grantee: application.username,
    on: {
      kind: "schema",
      database: database.name,
      schema: schema.name,
      future: { createdBy: [migration.username, owner.name] }, // whoever creates a table, the service may use it
    },
    template: "readwrite",
  },
  // It ends first: taking back what the migration login gave takes that login's own way into the schema.
  { dependsOn: membership },
);

// One secret for the migration task, another for the service.
export const migrationSecretArn = migration.secretArn;
export const applicationSecretArn = application.secretArn;
export const migrationMay = membership.effective;
export const applicationMay = readwrite.effective;
