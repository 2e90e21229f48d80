import { z } from "zod";

/** What Secrets Manager sends to a rotation function, four times for one rotation. */
const rotationSchema = z.looseObject({
  Step: z.enum(["createSecret", "setSecret", "testSecret", "finishSecret"]),
  SecretId: z.string().min(1).max(2048),
  ClientRequestToken: z.string().min(1).max(64),
});

export type RotationEvent = z.infer<typeof rotationSchema>;

/** A rotation event that is not in order is none: it is refused like any other request that nobody knows. */
export const rotationEventOf = (event: unknown): RotationEvent | undefined => rotationSchema.safeParse(event).data;

const scheduledSchema = z.looseObject({ source: z.literal("aws.events"), "detail-type": z.literal("Scheduled Event") });

/** EventBridge's clock. */
export const isScheduled = (event: unknown): boolean => scheduledSchema.safeParse(event).success;
