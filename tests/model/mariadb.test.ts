import { versionsToTest } from "../support/versions";
import { historiesOn } from "./histories";
import { mysqlUniverse } from "./mysql";

for (const version of versionsToTest("mariadb@10.11")) historiesOn(version, mysqlUniverse(true));
