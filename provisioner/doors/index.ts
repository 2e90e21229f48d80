import { audit } from "../audit/audit";
import { readConfig } from "../config";
import { toErrorBody } from "../errors";
import { assertPurpose, ending, invocationOf, type InvocationContext } from "../invocation";
import { actionDoor } from "./action-door";
import { databaseCreatedDoor } from "./database-created";
import type { Door, DoorServices } from "./door";
import { parameterChangedDoor } from "./parameter-changed";
import { rotationDoor } from "./rotation";
import { scheduleDoor } from "./schedule";
import { servicesOf } from "./services";
import { unknownEventDoor } from "./unknown-event";

export type { Door, DoorServices } from "./door";

/** An event that a door has looked at, whatever its type is. */
interface Errand {
  by?: string;
  run(services: DoorServices): Promise<unknown>;
}

type Entrance = Pick<Door<unknown>, "name" | "takes" | "purposes" | "audits"> & {
  /** Undefined: not for this door. */
  errand(event: unknown): Errand | undefined;
};

const entrance = <E>(door: Door<E>): Entrance => ({
  ...door,
  errand: (event) => {
    try {
      const read = door.read(event);
      return read === undefined ? undefined : { by: door.asker?.(read), run: (services) => door.open(read, services) };
    } catch (error) {
      // Meant for this door and not in order: it fails where every other failure is told.
      return { run: () => Promise.reject(error as Error) };
    }
  },
});

/** Asked one after the other. What none of them knows is a request, or refused as one. */
const doors: readonly Entrance[] = [
  entrance(rotationDoor),
  entrance(scheduleDoor),
  entrance(parameterChangedDoor),
  entrance(unknownEventDoor),
  entrance(actionDoor),
  entrance(databaseCreatedDoor),
];

/** What to do with an event that comes through one of the doors; undefined for everything else. */
export function doorFor(event: unknown): ((context: InvocationContext) => Promise<unknown>) | undefined {
  for (const door of doors) {
    const errand = door.errand(event);
    if (errand !== undefined) return (context) => open(door, errand, context);
  }
  return undefined;
}

async function open(door: Entrance, { by, run }: Errand, context: InvocationContext): Promise<unknown> {
  const invocation = { ...invocationOf(readConfig(), context), by };
  const { config, requestId } = invocation;
  let told = false;
  return ending(invocation, door.name, async () => {
    try {
      assertPurpose(config, door.purposes, door.takes);
      told = door.audits === true;
      return await run(
        servicesOf(invocation, () => {
          told = true;
        }),
      );
    } catch (error) {
      if (!told)
        audit({ requestId, cluster: config.cluster, by, outcome: "refused", changes: [], error: toErrorBody(error) });
      throw error;
    }
  });
}
