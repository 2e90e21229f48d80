import { versionsToTest } from "../support/versions";
import { hostileNamesOn } from "./hostile-names";

versionsToTest("postgresql@17").forEach(hostileNamesOn);
