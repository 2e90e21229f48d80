import type { Engine } from "../engine";
import { PostgresqlSession } from "./session";

/** PostgreSQL 13 and newer, on RDS and Aurora. */
export const postgresql: Engine = { connect: (options) => PostgresqlSession.connect(options) };
