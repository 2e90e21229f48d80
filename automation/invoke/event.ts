import { readFileSync } from "node:fs";
import { actionEventSchema, actions, type ActionEvent } from "../../provisioner/doors/action";
import { isRecord, readEvent, withoutEmpty } from "../../provisioner/doors/event";
import { CommandFailure, failureMessage } from "../errors";
import { operator } from "../reset/reset";

/** What a person says of an action; the same words as in the event. */
export interface ActionOptions {
  username?: string;
  database?: string;
  schema?: string;
  level?: string;
  host?: string[];
  auth?: string;
  createdBy?: string[];
  requestedBy?: string;
}

/** The event of an action, in order before anything is sent. */
export function actionEvent(action: string, options: ActionOptions, cluster: string): ActionEvent {
  const known = actions.find((name) => name === action);
  if (known === undefined)
    throw new CommandFailure("BadArguments", `${action} is not an action; use one of ${actions.join(", ")}.`);
  const { username, database, schema, level, host: hosts, auth, createdBy, requestedBy = operator() } = options;
  const said = { username, database, schema, level, hosts, auth, createdBy, requestedBy, cluster };
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  return readEvent(actionEventSchema, withoutEmpty({ action: known, ...Object.fromEntries(given) }), `${known} event`);
}

/** Any event that the function answers, as it would come from elsewhere. */
export function eventInFile(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandFailure("BadArguments", `The file ${file} cannot be read: ${failureMessage(error)}.`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new CommandFailure("BadArguments", `The file ${file} is not JSON.`);
  }
}

/** What an event takes away for good, for the question before it. */
export function takenAway(event: unknown): { words: string; word: string } | undefined {
  if (!isRecord(event)) return undefined;
  const { action, username, hosts, tf, application_name: application, database_name: database } = event;
  if (action === "delete_user") {
    const at = Array.isArray(hosts) && hosts.length > 0 ? ` at ${hosts.join(", ")}` : "";
    return {
      words: `Delete the user ${String(username)}${at}, and with its last account its secret. Open sessions end at once.`,
      word: String(username),
    };
  }
  if (isRecord(tf) && tf.action === "delete")
    return {
      words: `Delete the users that the application ${String(application)} and its people have on ${String(database)}.`,
      word: String(application),
    };
  return undefined;
}
