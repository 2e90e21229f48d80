import { z } from "zod";
import type { Claim, GrantClaim } from "../access/claims";

const text = z.string();
const deletion = z.enum(["drop", "lock", "retain"]);
const dropOrRetain = z.enum(["drop", "retain"]);

const secret = z.strictObject({
  name: text.optional(),
  kmsKeyArn: text.optional(),
  recoveryDays: z.number().optional(),
});

const auth = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("password"), secret: secret.optional() }),
  z.strictObject({ kind: z.literal("iam") }),
]);

const login = z.strictObject({
  kind: z.literal("login"),
  name: text,
  hosts: z.array(text).optional(),
  auth,
  database: text.optional(),
  passwordVersion: z.number().optional(),
  connectionLimit: z.number().optional(),
  validUntil: text.optional(),
  passwordExpires: z.number().optional(),
  requireTls: z.boolean().optional(),
  locked: z.boolean().optional(),
  deletion,
  adopt: z.boolean().optional(),
});

const role = z.strictObject({
  kind: z.literal("role"),
  name: text,
  deletion: dropOrRetain,
  adopt: z.boolean().optional(),
});

const database = z.strictObject({
  kind: z.literal("database"),
  name: text,
  owner: text.optional(),
  revokePublic: z.boolean().optional(),
  charset: text.optional(),
  deletion: dropOrRetain,
  adopt: z.boolean().optional(),
});

const schema = z.strictObject({
  kind: z.literal("schema"),
  database: text,
  name: text,
  owner: text.optional(),
  deletion: dropOrRetain,
  adopt: z.boolean().optional(),
});

const target = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("database"), database: text }),
  z.strictObject({ kind: z.literal("schema"), database: text, schema: text }),
  z.strictObject({
    kind: z.literal("tables"),
    database: text,
    schema: text.optional(),
    tables: z.union([z.literal("*"), z.array(text)]),
    future: z.strictObject({ createdBy: z.array(text) }).optional(),
  }),
  z.strictObject({
    kind: z.literal("role"),
    role: text,
    admin: z.boolean().optional(),
    inherit: z.boolean().optional(),
    set: z.boolean().optional(),
    default: z.boolean().optional(),
  }),
]);

const grant = z.strictObject({
  kind: z.literal("grant"),
  grantee: z.union([text, z.strictObject({ name: text, host: text })]),
  on: target,
  privileges: z.array(text).optional(),
  template: text.optional(),
  withGrantOption: z.boolean().optional(),
  cascade: z.boolean().optional(),
  mode: z.enum(["additive", "exclusive"]),
  reach: z.boolean().optional(),
}) satisfies z.ZodType<GrantClaim>;

/** What a front door asks for. The types live with the planner; this is their form on the wire. */
export const claimSchema = z.discriminatedUnion("kind", [
  login,
  role,
  database,
  schema,
  grant,
]) satisfies z.ZodType<Claim>;
