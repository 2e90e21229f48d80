import { z } from "zod";
import { provisionerRefSchema } from "../../provisioner/protocol";

// Every message is the fix, in the imperative: `load.ts` puts the property and the value in front of it.

/** Deterministic and safe in a file name, so that a stack is found again by its target's name. */
const nameFix = "use 1 to 100 letters, digits, dots, hyphens and underscores, beginning with a letter or digit";
const name = z.string(nameFix).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, nameFix);

const stackFix = "use a stack's name, or organisation/stack";
const stack = z.string(stackFix).regex(/^([A-Za-z0-9][A-Za-z0-9._-]*\/)?[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, stackFix);

/** A structured value would have to be escaped by hand in most programs; a program can parse a text itself. */
const scalar = z.union([z.string(), z.number(), z.boolean()], "give a text, a number, true or false");
const config = z.record(z.string(), scalar, "give keys and their values");

const environment = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "use a name of an environment variable: letters, digits, underscores"),
  z.string("give a text; put quotes around numbers, true and false"),
  "give names and their values",
);

const parameterFix = 'give the full name of the parameter, for example "/db-access/orders"';
const regionFix = 'give a Region, for example "eu-central-1"';
const endpointFix = 'give a URL, for example "http://127.0.0.1:4566"';

/** Exactly one of `parameter` and `ref`: see `checks.ts`, whose message is better than that of a union. */
const provisioner = z.strictObject(
  {
    parameter: z
      .string(parameterFix)
      .regex(/^\/[\w.\-/]+$/, parameterFix)
      .optional(),
    region: z
      .string(regionFix)
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, regionFix)
      .optional(),
    endpointUrl: z.url({ protocol: /^https?$/, error: endpointFix }).optional(),
    ref: provisionerRefSchema.optional(),
  },
  'give a parameter, for example { parameter: "/db-access/orders" }, or a ref',
);

const target = z.strictObject(
  {
    name,
    stack: stack.optional(),
    provisioner: provisioner.optional(),
    config: config.optional(),
    env: environment.optional(),
  },
  "give a target, beginning with its name",
);

const programFix = "name the folder of the Pulumi program, or its entry file";
const backendFix = 'give the URL of a backend, for example "file://./state" or "s3://bucket"';
const concurrencyFix = "give a whole number from 1 to 64";
const targetsFix = "list at least one target";

export const fleetSchema = z.strictObject(
  {
    version: z.literal(1, "give 1, the only version of this format"),
    program: z.string(programFix).min(1, programFix),
    project: name.optional(),
    backend: z
      .string(backendFix)
      .regex(/^(file|https?|s3|gs|azblob):\/\/./, backendFix)
      .optional(),
    concurrency: z.int(concurrencyFix).min(1, concurrencyFix).max(64, concurrencyFix).optional(),
    defaults: z
      .strictObject(
        { provisioner: provisioner.optional(), config: config.optional(), env: environment.optional() },
        "give provisioner, config or env",
      )
      .optional(),
    targets: z.array(target, targetsFix).min(1, targetsFix),
  },
  "begin with version: 1, program and targets",
);

export type FleetFile = z.infer<typeof fleetSchema>;
export type TargetEntry = FleetFile["targets"][number];
export type ProvisionerEntry = z.infer<typeof provisioner>;
