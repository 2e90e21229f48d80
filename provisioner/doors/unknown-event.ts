import { DbAccessError } from "../errors";
import type { Door } from "./door";
import { isRecord } from "./event";

/**
 * EventBridge takes any answer for success: an event that nobody here knows has to fail, or a rule that sends the wrong
 * ones would never be noticed.
 */
export const unknownEventDoor: Door<never> = {
  name: "unknown-event",
  takes: "events of EventBridge",
  purposes: ["access"],
  read: (event) => {
    if (!isRecord(event) || !("detail-type" in event) || !("source" in event)) return undefined;
    throw new DbAccessError(
      "InvalidInput",
      "An event of this source and detail-type is nothing that this function answers. Nothing was changed.",
      { property: "detail-type" },
    );
  },
  open: () => Promise.resolve(),
};
