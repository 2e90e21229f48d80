import { z } from "zod";

const name = z.string().min(1).max(128);
/** It becomes part of a parameter's name. */
const label = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/);
/** As RDS and Terraform name them, and as this project does. */
const engines = ["postgres", "postgresql", "aurora-postgresql", "mysql", "aurora-mysql", "mariadb"] as const;

export const databaseCreatedSchema = z.strictObject({
  event: z.literal("database_created").optional(),
  database_type: z.enum(engines),
  database_name: name,
  /** The host name, with or without the port. */
  endpoint: z.string().min(1).max(300),
  account: z.string().regex(/^\d{12}$/),
  environment: label.optional(),
  project: label.optional(),
  application_name: label,
  /** Groups of the directory, whose members may read. */
  groups: z.array(z.string().min(1).max(256)).max(50).optional(),
  /** PostgreSQL. */
  schema: name.optional(),
  /** Of the application's user. It is never admin. */
  level: z.enum(["readonly", "readwrite"]).optional(),
  /** What Terraform adds to an invocation that follows its resource's whole life. */
  tf: z.looseObject({ action: z.enum(["create", "update", "delete"]) }).optional(),
});

export type DatabaseCreated = z.infer<typeof databaseCreatedSchema>;
