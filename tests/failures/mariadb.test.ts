import { failureSuite } from "./suite";

failureSuite("mariadb@10.11");
