import { engineTests } from "./engine-suite";

engineTests("13");
