import { z } from "zod";
import { audit } from "../audit/audit";
import { DbAccessError } from "../errors";
import type { Door } from "./door";
import { isRecord, readEvent } from "./event";

const SOURCE = "aws.ssm";
const DETAIL_TYPE = "Parameter Store Change";

/** As Parameter Store sends it, and whatever AWS adds to it later. */
const parameterChangedSchema = z.looseObject({
  source: z.literal(SOURCE),
  "detail-type": z.literal(DETAIL_TYPE),
  account: z.string().regex(/^\d{12}$/),
  region: z.string().min(1).max(64),
  detail: z.looseObject({
    name: z.string().min(1).max(2048),
    operation: z.enum(["Create", "Update", "Delete", "LabelParameterVersion"]),
  }),
});

export type ParameterChanged = z.infer<typeof parameterChangedSchema>;

export interface ParameterChangedAnswer {
  requestId: string;
  cluster: string;
  parameter: string;
  operation: ParameterChanged["detail"]["operation"];
  /** Nothing is changed by such an event. */
  status: "planned";
  changes: string[];
  message: string;
}

const messages: Record<ParameterChanged["detail"]["operation"], string> = {
  Create: "The roster was created.",
  Update: "The roster was changed.",
  Delete: "The roster was deleted; nobody loses anything because of that.",
  LabelParameterVersion: "A version of the roster was labelled, which changes nobody.",
};

/** The roster has changed. This version reads no rosters: it says that it has seen the change, and changes nothing. */
export const parameterChangedDoor: Door<ParameterChanged> = {
  name: "parameter-changed",
  takes: "events of parameters",
  purposes: ["access"],
  read: (event) =>
    isRecord(event) && event.source === SOURCE && event["detail-type"] === DETAIL_TYPE
      ? readEvent(parameterChangedSchema, event, "event of Parameter Store")
      : undefined,
  open: (event, { config, requestId }) => {
    const { name, operation } = event.detail;
    if (event.account !== config.account || event.region !== config.region)
      throw new DbAccessError(
        "WrongCluster",
        `The event is of another account or Region than this provisioner's, ${config.account} in ${config.region}. Nothing was changed.`,
        { property: event.account === config.account ? "region" : "account" },
      );
    if (name !== config.rosterParameter)
      throw new DbAccessError(
        "InvalidInput",
        config.rosterParameter === undefined
          ? "This provisioner has no roster; give the Provisioner a rosterParameter. Nothing was changed."
          : `The parameter of the event is not this provisioner's roster, ${config.rosterParameter}. Nothing was changed.`,
        { property: "detail.name" },
      );
    const message = `${messages[operation]} Rosters are not applied by this version; nothing was changed.`;
    audit({ requestId, cluster: config.cluster, outcome: "planned", changes: [message] });
    const answer: ParameterChangedAnswer = {
      requestId,
      cluster: config.cluster,
      parameter: name,
      operation,
      status: "planned",
      changes: [],
      message,
    };
    return Promise.resolve(answer);
  },
};
