import type { Engine } from "../engine";
import { MySqlSession } from "./session";

/** MySQL 8.0.21 and newer, Aurora MySQL 3, MariaDB 10.11 and newer. */
export const mysql: Engine = { connect: (options) => MySqlSession.open(options) };

export { matches } from "./verifier";
