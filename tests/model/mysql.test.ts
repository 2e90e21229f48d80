import { versionsToTest } from "../support/versions";
import { historiesOn } from "./histories";
import { mysqlUniverse } from "./mysql";

for (const version of versionsToTest("mysql@8.0")) historiesOn(version, mysqlUniverse(false));
