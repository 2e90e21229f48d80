import { versionsToTest } from "../support/versions";
import { faultsOn } from "./suite";

for (const version of versionsToTest("mysql@8.0")) faultsOn(version);
