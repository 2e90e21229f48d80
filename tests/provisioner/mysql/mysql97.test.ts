import { engineTests } from "./engine-suite";

engineTests("MySQL 9.7", "mysql@9.7");
