import { rotate, rotationEventOf, type RotationEvent } from "../rotation";
import type { Door } from "./door";

/** What Secrets Manager asks for. The access function may rotate too: it can do everything that a rotation needs. */
export const rotationDoor: Door<RotationEvent> = {
  name: "rotation",
  takes: "rotations",
  purposes: ["rotate", "access"],
  audits: true,
  read: rotationEventOf,
  open: async (event, { config, requestId, deadline, meter, connect }) => {
    await rotate(config, event, requestId, connect, deadline);
    // Of the four steps the last one makes the new password the current one.
    if (event.Step === "finishSecret") meter.changed = 1;
  },
};
