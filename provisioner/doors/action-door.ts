import { DbAccessError } from "../errors";
import type { ClaimResult } from "../protocol/messages";
import { actionEventSchema, actions, type ActionAnswer, type ActionEvent } from "./action";
import { createUser } from "./actions/create-user";
import { deleteUser } from "./actions/delete-user";
import { resetPassword } from "./actions/reset-password";
import { updateGrant } from "./actions/update-grant";
import { statusOf, wordsOf } from "./carry-out";
import type { Door, DoorServices } from "./door";
import { isRecord, readEvent, withoutEmpty } from "./event";

/** Actions by name: of a runbook over many accounts, of a pipeline, or of a person with `db-access invoke`. */
export const actionDoor: Door<ActionEvent> = {
  name: "action",
  takes: "actions",
  purposes: ["access"],
  read: (event) => {
    if (!isRecord(event) || !("action" in event)) return undefined;
    const known = actions.find((action) => action === event.action);
    if (known === undefined)
      throw new DbAccessError(
        "InvalidInput",
        `The action of the event is not known; use one of ${actions.join(", ")}. Nothing was changed.`,
        { property: "action" },
      );
    return readEvent(actionEventSchema, withoutEmpty(event), `${known} event`);
  },
  asker: ({ requestedBy }) => requestedBy,
  open: async (event, services) => {
    const { config, requestId } = services;
    if (event.cluster !== undefined && event.cluster !== config.cluster)
      throw new DbAccessError(
        "WrongCluster",
        `This provisioner serves ${config.cluster}, and the event means another cluster. Nothing was changed.`,
        { property: "cluster" },
      );
    return answerOf(event, requestId, config.cluster, await carried(event, services));
  },
};

function carried(event: ActionEvent, services: DoorServices): Promise<ClaimResult[]> {
  switch (event.action) {
    case "create_user":
      return createUser(event, services);
    case "update_grant":
      return updateGrant(event, services);
    case "reset_password":
      return resetPassword(event, services);
    case "delete_user":
      return deleteUser(event, services);
  }
}

function answerOf(
  { action, username }: ActionEvent,
  requestId: string,
  cluster: string,
  results: readonly ClaimResult[],
): ActionAnswer {
  const { secretArn, secretVersionId, passwordLastChanged, passwordLastChangedSource, iamConnectArn } =
    action === "delete_user" ? {} : (results.find(({ outputs }) => outputs?.name !== undefined)?.outputs ?? {});
  return {
    requestId,
    cluster,
    action,
    username,
    status: statusOf(results),
    changes: results.flatMap(wordsOf),
    warnings: results.flatMap(({ warnings }) => warnings),
    ...(secretArn === undefined ? {} : { secretArn }),
    ...(secretVersionId === undefined ? {} : { secretVersionId }),
    ...(passwordLastChanged === undefined ? {} : { passwordLastChanged, passwordLastChangedSource }),
    ...(iamConnectArn === undefined ? {} : { iamConnectArn }),
  };
}
