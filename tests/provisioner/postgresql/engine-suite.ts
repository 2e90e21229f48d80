import { crashTests } from "./crash-suite";
import { databaseTests } from "./database-suite";
import { dropTests } from "./drop-suite";
import { futureTests } from "./future-suite";
import { grantTests } from "./grant-suite";
import { iamTests } from "./iam-suite";
import { kindTests } from "./kind-suite";
import { ledgerTests } from "./ledger-suite";
import { loginTests } from "./login-suite";
import { ownedTests } from "./owned-suite";
import { parameterTests } from "./parameter-suite";
import { useServer } from "./server";
import { settingsTests } from "./settings-suite";
import { sharedRoleTests } from "./shared-role-suite";

/** Everything the engine can do, on one version. */
export const engineTests = (version: string): void =>
  void describe(`PostgreSQL ${version}`, () => {
    const lab = useServer(version);
    iamTests(lab);
    loginTests(lab);
    settingsTests(lab);
    sharedRoleTests(lab);
    grantTests(lab);
    kindTests(lab);
    futureTests(lab);
    parameterTests(lab);
    databaseTests(lab);
    dropTests(lab);
    ownedTests(lab);
    ledgerTests(lab);
    crashTests(lab);
  });
