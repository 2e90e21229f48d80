import { versionsToTest } from "../support/versions";
import { hostileNamesOn } from "./hostile-names";

versionsToTest("mysql@8.0").forEach(hostileNamesOn);
