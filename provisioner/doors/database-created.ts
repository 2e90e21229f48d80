import type { FunctionConfig } from "../config";
import { DbAccessError } from "../errors";
import { productOf } from "../protocol/ref";
import { ensureUsers } from "./database-created/ensure-users";
import { endUsers } from "./database-created/end-users";
import { databaseCreatedSchema, type DatabaseCreated } from "./database-created/event";
import { refusePasswords } from "./database-created/no-passwords";
import type { Door } from "./door";
import { isRecord, readEvent, withoutEmpty } from "./event";

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
