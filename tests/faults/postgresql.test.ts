import { versionsToTest } from "../support/versions";
import { faultsOn } from "./suite";

for (const version of versionsToTest("postgresql@17")) faultsOn(version);
