import { crashTests } from "./crash-suite";
import { databaseTests } from "./database-suite";
import { dropTests } from "./drop-suite";
import { grantTests } from "./grant-suite";
import { iamTests } from "./iam-suite";
import { ledgerTests } from "./ledger-suite";
import { loginTests } from "./login-suite";
import { useServer } from "./server";

describe("PostgreSQL 13", () => {
  const lab = useServer("13");
  iamTests(lab);
  loginTests(lab);
  grantTests(lab);
  databaseTests(lab);
  dropTests(lab);
  ledgerTests(lab);
  crashTests(lab);
});
