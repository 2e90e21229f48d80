// N users with one or more grants each: what `npm run bench` measures.
import * as pulumi from "@pulumi/pulumi";
import * as dbaccess from "pulumi-db-access";

const config = new pulumi.Config();
const provisioner = dbaccess.provisionerFromParameter(config.require("provisioner"));
const users = config.requireNumber("users");
const grants = config.requireNumber("grants");
const prefix = config.require("prefix");
const postgresql = config.require("engine") === "postgresql";

const owner = new dbaccess.DbRole("owner", { provisioner, name: `${prefix}_owner`, deletion: "drop" });

const database = new dbaccess.DbDatabase("database", {
  provisioner,
  name: prefix,
  owner: owner.name,
  deletion: "drop",
});

const name = database.name;
const postgresqlGrants: Pick<dbaccess.DbGrantArgs, "on" | "privileges">[] = [
  {
    on: { kind: "tables", database: name, schema: "public", tables: "*", future: { createdBy: [owner.name] } },
    privileges: ["SELECT", "INSERT"],
  },
  { on: { kind: "database", database: name }, privileges: ["CONNECT", "TEMPORARY"] },
  { on: { kind: "sequences", database: name, schema: "public", sequences: "*" }, privileges: ["USAGE"] },
  { on: { kind: "schema", database: name, schema: "public" }, privileges: ["USAGE"] },
  { on: { kind: "routines", database: name, schema: "public", routines: "*" }, privileges: ["EXECUTE"] },
];
const mysqlGrants: Pick<dbaccess.DbGrantArgs, "on" | "privileges">[] = [
  { on: { kind: "tables", database: name, tables: "*" }, privileges: ["SELECT", "INSERT"] },
  { on: { kind: "database", database: name }, privileges: ["CREATE", "ALTER"] },
  { on: { kind: "routines", database: name, routines: "*" }, privileges: ["EXECUTE"] },
  { on: { kind: "global" }, privileges: ["PROCESS"] },
  { on: { kind: "database", database: name }, privileges: ["LOCK TABLES", "EVENT"] },
];
const all = postgresql ? postgresqlGrants : mysqlGrants;

for (let index = 0; index < users; index++) {
  const username = `${prefix}_${String(index).padStart(4, "0")}`;
  const user = new dbaccess.DbUser(`user-${index}`, {
    provisioner,
    username,
    database: database.name,
    auth: { kind: "password", secret: { name: `${prefix}/${username}`, recoveryDays: 0 } },
    deletion: "drop",
  });
  // With one grant each, the first two kinds in turn: what all tables cost differs from what a database costs.
  for (let nth = 0; nth < grants; nth++)
    new dbaccess.DbGrant(`grant-${index}-${nth}`, {
      provisioner,
      grantee: user.username,
      ...all[grants === 1 ? index % 2 : nth % all.length],
      mode: "additive",
    });
}
