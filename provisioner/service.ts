import type { ServiceFacts } from "./access/secret";
import type { FunctionConfig } from "./config";

/** What plans and secrets know of the function's own surroundings. */
export const serviceOf = (config: FunctionConfig): ServiceFacts => ({
  host: config.host,
  port: config.port,
  account: config.account,
  partition: config.partition,
  region: config.region,
  engine: config.family === "postgresql" ? "postgres" : config.engine === "mariadb" ? "mariadb" : "mysql",
  identifier: config.identifier,
  adminSecretArn: config.adminSecretArn,
  secretNamePrefixes: config.secretNamePrefixes,
  rotationFunctionArn: config.rotationFunctionArn,
});
