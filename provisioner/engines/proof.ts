import type { Account } from "../access/account";
import type { EngineSession } from "./engine";
import { DbAccessError } from "../errors";

/** A real login with the password. Only one that is let in proves it; what follows says what the others mean. */
export async function assertAccepted(
  session: EngineSession,
  account: Account,
  password: string,
  afterRefusal: string,
): Promise<void> {
  switch (await session.probe(account, password)) {
    case "accepted":
      return;
    case "full":
      throw new DbAccessError(
        "Throttled",
        `The server has no connection left to prove the password of ${account.name} with; try again.`,
        { transient: true },
      );
    case "locked":
      throw new DbAccessError(
        "NotApplied",
        `The server takes the password of ${account.name}, but somebody has locked the login meanwhile; run the same again.`,
        { transient: true },
      );
    case "refused":
      throw new DbAccessError(
        "NotApplied",
        `The server refuses ${account.name} with the password that its secret holds; ${afterRefusal}`,
        { transient: true },
      );
  }
}
