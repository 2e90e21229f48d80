// N users with one grant each: what `npm run bench` measures.
import * as pulumi from "@pulumi/pulumi";
import * as dbaccess from "pulumi-db-access";

const config = new pulumi.Config();
const provisioner = dbaccess.provisionerFromParameter(config.require("provisioner"));
const users = config.requireNumber("users");
const prefix = config.require("prefix");
const postgresql = config.require("engine") === "postgresql";

const owner = new dbaccess.DbRole("owner", { provisioner, name: `${prefix}_owner`, deletion: "drop" });

const database = new dbaccess.DbDatabase("database", {
  provisioner,
  name: prefix,
  owner: owner.name,
  deletion: "drop",
});

// Both kinds in turn: what all tables cost differs from what a database costs.
const allTables: dbaccess.TablesTarget = {
  kind: "tables",
  database: database.name,
  tables: "*",
  ...(postgresql ? { schema: "public", future: { createdBy: [owner.name] } } : {}),
};
const wholeDatabase: dbaccess.DatabaseTarget = { kind: "database", database: database.name };

for (let index = 0; index < users; index++) {
  const name = `${prefix}_${String(index).padStart(4, "0")}`;
  const user = new dbaccess.DbUser(`user-${index}`, {
    provisioner,
    username: name,
    database: database.name,
    auth: { kind: "password", secret: { name: `${prefix}/${name}`, recoveryDays: 0 } },
    deletion: "drop",
  });
  new dbaccess.DbGrant(`grant-${index}`, {
    provisioner,
    grantee: user.username,
    ...(index % 2 === 0
      ? { on: allTables, privileges: ["SELECT", "INSERT"] }
      : { on: wholeDatabase, privileges: postgresql ? ["CONNECT", "TEMPORARY"] : ["CREATE", "ALTER"] }),
    mode: "additive",
  });
}
