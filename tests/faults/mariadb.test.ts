import { versionsToTest } from "../support/versions";
import { faultsOn } from "./suite";

for (const version of versionsToTest("mariadb@10.11")) faultsOn(version);
