// As many resources as users.ts, in the same shape, of which none does anything: what the engine itself costs.
import * as pulumi from "@pulumi/pulumi";

type Properties = Record<string, unknown>;

const provider: pulumi.dynamic.ResourceProvider = {
  async check(_olds: Properties, news: Properties) {
    return { inputs: news };
  },
  async diff() {
    return { changes: false };
  },
  async create(inputs: Properties) {
    const made = {
      endpoint: "localhost",
      port: 5432,
      secretArn: `arn:aws:secretsmanager:us-east-1:111122223333:secret:${inputs.ownerKey}-AbCdEf`,
      secretVersionId: "00000000-0000-4000-8000-000000000000",
      passwordLastChanged: "2027-01-31T00:00:00.000Z",
      passwordLastChangedSource: "ledger",
      onDelete: "Deleting this resource does nothing, because nothing was made when it was created.",
      drift: [],
    };
    return { id: String(inputs.ownerKey), outs: { ...inputs, ...made } };
  },
  async read(id: string, props: Properties) {
    return { id, props };
  },
  async update(_id: string, _olds: Properties, news: Properties) {
    return { outs: news };
  },
  async delete() {},
};

const computed = {
  endpoint: undefined,
  port: undefined,
  secretArn: undefined,
  secretVersionId: undefined,
  passwordLastChanged: undefined,
  passwordLastChangedSource: undefined,
  onDelete: undefined,
  drift: undefined,
};

class Nothing extends pulumi.dynamic.Resource {
  declare readonly name: pulumi.Output<string>;

  constructor(kind: string, name: string, props: Properties) {
    super(provider, name, { ...computed, ...props }, undefined, "bench", kind);
  }
}

const config = new pulumi.Config();
const users = config.requireNumber("users");
const grants = config.requireNumber("grants");
const prefix = config.require("prefix");
// Part of every resource's inputs there, so here too.
const provisioner = config.requireObject<Properties>("ref");
const common = (name: string): Properties => ({
  provisioner,
  ownerKey: `organization/urn:pulumi:bench::bench::pulumi-nodejs:dynamic/bench:Nothing::${name}`,
  deletion: "drop",
});

const owner = new Nothing("NoRole", "owner", { ...common("owner"), name: `${prefix}_owner` });

const database = new Nothing("NoDatabase", "database", { ...common("database"), name: prefix, owner: owner.name });

for (let index = 0; index < users; index++) {
  const name = `${prefix}_${String(index).padStart(4, "0")}`;
  const user = new Nothing("NoUser", `user-${index}`, {
    ...common(`user-${index}`),
    name,
    database: database.name,
    auth: { kind: "password", secret: { name: `${prefix}/${name}`, recoveryDays: 0 } },
    passwordVersion: 1,
  });
  for (let nth = 0; nth < grants; nth++)
    new Nothing("NoGrant", `grant-${index}-${nth}`, {
      ...common(`grant-${index}-${nth}`),
      name: user.name,
      on: { kind: "tables", database: database.name, schema: "public", tables: "*" },
      privileges: ["SELECT", "INSERT"],
      mode: "additive",
    });
}
