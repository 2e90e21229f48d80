import { sameAccount, type Account } from "../../access/account";
import type { MySqlFacts } from "./facts";

/** Accounts of the service and of the server, by name. Compared without regard to case, at every host. */
const reserved =
  /^(?:root|rdsadmin|rdsrepladmin|rdsproxyadmin|rds_.*|aws_.*_access|mysql\..*|mariadb\.sys|event_scheduler|public|)$/i;

/** Whether an account is never to be touched, by its name alone. The provisioner's own is one of them, at any host. */
export const isReserved = (account: Account, facts: MySqlFacts): boolean =>
  reserved.test(account.name) || account.name === facts.admin.name || sameAccount(account, facts.admin);
