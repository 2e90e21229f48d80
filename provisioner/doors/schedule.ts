import { reply } from "../reply";
import { endGraces, isScheduled } from "../rotation";
import type { Door } from "./door";

/** The clock's errand. */
export const scheduleDoor: Door<true> = {
  name: "schedule",
  takes: "scheduled events",
  purposes: ["access"],
  read: (event) => (isScheduled(event) ? true : undefined),
  open: async (_event, { config, requestId, deadline, meter, connect }) => {
    const session = await connect();
    try {
      meter.changed = await endGraces(config, requestId, session, deadline);
      return reply({ server: { product: session.facts.product, version: session.facts.version } });
    } finally {
      await session.close();
    }
  },
};
