import { grantTests } from "./grant-suite";
import { loginTests } from "./login-suite";
import { useServer } from "./server";
import { connectionTests, ledgerTests } from "./session-suite";
import { settingsTests } from "./settings-suite";

describe("MariaDB 10.11", () => {
  const lab = useServer("mariadb@10.11");
  connectionTests(lab);
  loginTests(lab);
  grantTests(lab);
  ledgerTests(lab);
  settingsTests(lab);
});
