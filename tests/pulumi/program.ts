import type { ProvisionerRef } from "../../provisioner/protocol";

/** CommonJS, so that the language host need not translate it. A given ref stands in the program as a literal. */
export const programOf = (body: string, ref?: ProvisionerRef): string => `
const pulumi = require("@pulumi/pulumi");
const db = require("pulumi-db-access");
const provisioner = ${ref === undefined ? 'db.provisionerFromParameter("/db-access/orders")' : JSON.stringify(ref)};
${body}
`;

/** One resource of a program. Strings are JavaScript: `"\"orders\""`, `"owner.name"`. */
export const declare = (kind: string, name: string, args: Record<string, string>, options = "{}"): string => {
  const fields = Object.entries({ provisioner: "provisioner", ...args }).map(([key, value]) => `${key}: ${value}`);
  return `const ${name} = new db.${kind}(${JSON.stringify(name)}, { ${fields.join(", ")} }, ${options});\n`;
};

export const password = `{ kind: "password", secret: { recoveryDays: 0 } }`;

/** The tables of a database, in the words of the server's family. */
export const tablesOf = (family: "postgresql" | "mysql", database: string, owner?: string): string =>
  family === "mysql"
    ? `{ kind: "tables", database: ${database}, tables: "*" }`
    : `{ kind: "tables", database: ${database}, schema: "public", tables: "*"${
        owner === undefined ? "" : `, future: { createdBy: [${owner}] }`
      } }`;

/** A login with a password that leaves nothing behind. */
export const user = (name: string, username: string, more: Record<string, string> = {}): string =>
  declare("DbUser", name, { username: JSON.stringify(username), auth: password, ...more });
