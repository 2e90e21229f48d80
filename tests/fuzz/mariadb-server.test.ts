import { versionsToTest } from "../support/versions";
import { hostileNamesOn } from "./hostile-names";

versionsToTest("mariadb@10.11").forEach(hostileNamesOn);
