import { engineTests } from "./engine-suite";

engineTests("MariaDB 10.11", "mariadb@10.11");
