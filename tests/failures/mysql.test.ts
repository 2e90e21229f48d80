import { failureSuite } from "./suite";

failureSuite("mysql@8.0");
