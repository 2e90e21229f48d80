import type { ClaimResult } from "../../protocol/messages";
import { ownerOf, type ResetPassword } from "../action";
import { applied } from "../carry-out";
import type { DoorServices } from "../door";
import { claimOf } from "../services";

/** Of anybody's login that has a password here: its owner's claim stays as it is. */
export const resetPassword = (event: ResetPassword, services: DoorServices): Promise<ClaimResult[]> =>
  applied(services, [
    claimOf({
      action: "reset",
      owner: event.requestedBy ?? ownerOf(event),
      // Only the name counts: what else the login is, its row says.
      claim: { kind: "login", name: event.username, auth: { kind: "password" }, deletion: "retain" },
    }),
  ]);
