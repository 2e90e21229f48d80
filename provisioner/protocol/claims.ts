import { z } from "zod";
import type { Claim, GrantClaim, Template } from "../access/claims";

const text = z.string();
const deletion = z.enum(["drop", "lock", "retain"]);
const dropOrRetain = z.enum(["drop", "retain"]);

const adopt = z.union([z.boolean(), z.literal("fromLedger")]);
const owned = { reassignOwnedTo: text.optional(), dropOwned: z.boolean().optional() };

const secret = z.strictObject({
  name: text.optional(),
  kmsKeyArn: text.optional(),
  readers: z.array(text).optional(),
  recoveryDays: z.number().optional(),
  replicas: z.array(z.strictObject({ region: text, kmsKeyArn: text.optional() })).optional(),
  inherit: z
    .strictObject({
      policy: z.boolean().optional(),
      tags: z.array(text).optional(),
      rotation: z.boolean().optional(),
    })
    .optional(),
});

const auth = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("password"),
    secret: secret.optional(),
    suppliedSecretArn: text.optional(),
  }),
  z.strictObject({ kind: z.literal("iam") }),
]);

const rotation = z.strictObject({
  strategy: z.enum(["dual", "alternating", "single"]).optional(),
  days: z.number().optional(),
  schedule: text.optional(),
  graceSeconds: z.number().optional(),
  functionArn: text.optional(),
});

const login = z.strictObject({
  kind: z.literal("login"),
  name: text,
  hosts: z.array(text).optional(),
  auth,
  database: text.optional(),
  passwordVersion: z.number().optional(),
  rotation: rotation.optional(),
  parameterPath: text.optional(),
  parameterPasswordKeyArn: text.optional(),
  connectionLimit: z.number().optional(),
  validUntil: text.optional(),
  passwordExpires: z.number().optional(),
  requireTls: z.boolean().optional(),
  locked: z.boolean().optional(),
  limits: z
    .strictObject({
      queriesPerHour: z.number().optional(),
      updatesPerHour: z.number().optional(),
      connectionsPerHour: z.number().optional(),
    })
    .optional(),
  settings: z.record(text, text).optional(),
  deletion,
  endSessions: z.boolean().optional(),
  ...owned,
  adopt: adopt.optional(),
});

const role = z.strictObject({
  kind: z.literal("role"),
  name: text,
  deletion: dropOrRetain,
  ...owned,
  adopt: adopt.optional(),
});

const database = z.strictObject({
  kind: z.literal("database"),
  name: text,
  owner: text.optional(),
  revokePublic: z.boolean().optional(),
  charset: text.optional(),
  deletion: dropOrRetain,
  adopt: adopt.optional(),
});

const schema = z.strictObject({
  kind: z.literal("schema"),
  database: text,
  name: text,
  owner: text.optional(),
  deletion: dropOrRetain,
  adopt: adopt.optional(),
});

const future = z.strictObject({ createdBy: z.array(text) }).optional();
const names = z.union([z.literal("*"), z.array(text)]);
const inSchema = { database: text, schema: text.optional() };
const routine = z.union([text, z.strictObject({ type: z.enum(["function", "procedure"]), name: text })]);

const target = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("global") }),
  z.strictObject({ kind: z.literal("database"), database: text }),
  z.strictObject({ kind: z.literal("schema"), database: text, schema: text, future }),
  z.strictObject({ kind: z.literal("tables"), ...inSchema, tables: names, future }),
  z.strictObject({ kind: z.literal("columns"), ...inSchema, table: text, columns: z.array(text) }),
  z.strictObject({ kind: z.literal("sequences"), ...inSchema, sequences: names, future }),
  z.strictObject({
    kind: z.literal("routines"),
    ...inSchema,
    routines: z.union([z.literal("*"), z.array(routine)]),
    future,
  }),
  z.strictObject({ kind: z.literal("types"), ...inSchema, types: names, future }),
  z.strictObject({ kind: z.literal("largeObjects"), database: text, oids: z.array(z.number()) }),
  z.strictObject({ kind: z.literal("parameters"), parameters: z.array(text) }),
  z.strictObject({
    kind: z.literal("role"),
    role: text,
    admin: z.boolean().optional(),
    inherit: z.boolean().optional(),
    set: z.boolean().optional(),
    default: z.boolean().optional(),
  }),
]);

const template: z.ZodType<Template> = z.lazy(() =>
  z.union([text, z.strictObject({ extends: z.array(template).optional(), privileges: z.array(text).optional() })]),
);

const grant = z.strictObject({
  kind: z.literal("grant"),
  grantee: z.union([text, z.strictObject({ name: text, host: text })]),
  on: target,
  privileges: z.array(text).optional(),
  template: template.optional(),
  effect: z.enum(["grant", "revoke"]).optional(),
  withGrantOption: z.boolean().optional(),
  cascade: z.boolean().optional(),
  mode: z.enum(["additive", "exclusive"]),
  reach: z.boolean().optional(),
  adopt: adopt.optional(),
}) satisfies z.ZodType<GrantClaim>;

/** What a front door asks for. The types live with the planner; this is their form on the wire. */
export const claimSchema = z.discriminatedUnion("kind", [
  login,
  role,
  database,
  schema,
  grant,
]) satisfies z.ZodType<Claim>;
