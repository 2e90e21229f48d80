import { engineTests } from "./engine-suite";

engineTests("17");
