import { failureSuite } from "./suite";

failureSuite("postgresql@17");
