import { z } from "zod";
import { actionEventSchema } from "./action";
import { databaseCreatedSchema } from "./database-created/event";

/** Of the events that other people's programs send, for these programs. */
export const eventSchemas = (): Record<string, unknown> => ({
  actionEvent: z.toJSONSchema(actionEventSchema),
  databaseCreatedEvent: z.toJSONSchema(databaseCreatedSchema),
});
