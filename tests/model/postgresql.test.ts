import { versionsToTest } from "../support/versions";
import { historiesOn } from "./histories";
import { postgresqlUniverse } from "./postgresql";

for (const version of versionsToTest("postgresql@17")) historiesOn(version, postgresqlUniverse);
