import { z } from "zod";
import type { FunctionConfig } from "../config";
import { DbAccessError } from "../errors";
import { productOf } from "../protocol/ref";
import { ensureUsers } from "./database-created/ensure-users";
import { endUsers } from "./database-created/end-users";
import { refusePasswords } from "./database-created/no-passwords";
import type { Door } from "./door";
import { isRecord, readEvent, withoutEmpty } from "./event";

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

/** A database has been created: its application gets a user, and the people of some groups may read. */
export const databaseCreatedDoor: Door<DatabaseCreated> = {
  name: "database-created",
  takes: "events about new databases",
  purposes: ["access"],
  read: (event) => {
    if (!isRecord(event)) return undefined;
    if (event.event !== "database_created" && !("database_type" in event) && !("application_name" in event))
      return undefined;
    refusePasswords(event);
    return readEvent(databaseCreatedSchema, withoutEmpty(event), "database_created event");
  },
  open: async (event, services) => {
    assertOwn(event, services.config);
    return event.tf?.action === "delete" ? endUsers(event, services) : ensureUsers(event, services);
  },
};

/** A host from an event is never connected to; one that is not the function's own was meant for another function. */
function assertOwn({ endpoint, account, database_type }: DatabaseCreated, config: FunctionConfig): void {
  const [host, port] = endpoint.toLowerCase().split(":");
  const refuse = (property: string, words: string): DbAccessError =>
    new DbAccessError("WrongCluster", `${words} Nothing was changed.`, { property });
  if (host.replace(/\.$/, "") !== config.host.toLowerCase() || (port !== undefined && Number(port) !== config.port))
    throw refuse(
      "endpoint",
      `The endpoint of the event is not the one that this provisioner serves, ${config.host}:${config.port}.`,
    );
  if (account !== config.account)
    throw refuse("account", `The account of the event is not the provisioner's, ${config.account}.`);
  const engine = database_type === "postgres" ? "postgresql" : database_type;
  if (productOf(engine) !== productOf(config.engine))
    throw refuse("database_type", `The type of the event is not the one of the database, which is ${config.engine}.`);
}
