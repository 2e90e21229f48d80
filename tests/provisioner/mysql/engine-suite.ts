import { grantTests } from "./grant-suite";
import { hostTests } from "./host-suite";
import { loginTests } from "./login-suite";
import { messageTests } from "./message-suite";
import { objectTests } from "./object-suite";
import { passwordTests } from "./password-suite";
import { sharedNameTests } from "./shared-name-suite";
import { useServer } from "./server";
import { connectionTests, ledgerTests } from "./session-suite";
import { settingsTests } from "./settings-suite";

/** Everything the engine can do, on one server. */
export const engineTests = (title: string, spec: string): void =>
  void describe(title, () => {
    const lab = useServer(spec);
    connectionTests(lab);
    loginTests(lab);
    passwordTests(lab);
    sharedNameTests(lab);
    grantTests(lab);
    objectTests(lab);
    hostTests(lab);
    ledgerTests(lab);
    messageTests(lab);
    settingsTests(lab);
  });
