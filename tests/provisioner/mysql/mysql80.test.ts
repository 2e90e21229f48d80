import { engineTests } from "./engine-suite";

engineTests("MySQL 8.0", "mysql@8.0");
