import { grantTests } from "./grant-suite";
import { loginTests } from "./login-suite";
import { useServer } from "./server";
import { connectionTests, ledgerTests } from "./session-suite";
import { settingsTests } from "./settings-suite";

describe("MySQL 8.0", () => {
  const lab = useServer("mysql@8.0");
  connectionTests(lab);
  loginTests(lab);
  grantTests(lab);
  ledgerTests(lab);
  settingsTests(lab);
});
