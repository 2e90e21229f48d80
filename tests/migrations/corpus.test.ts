import { versionsToTest } from "../support/versions";
import { corpusOn } from "./corpus";
import { mysqlLanguage, mysqlSessions, mysqlTexts } from "./corpus-mysql";
import { postgresqlLanguage } from "./corpus-postgresql-language";
import { postgresqlSessions } from "./corpus-postgresql-sessions";
import { postgresqlTexts, postgresqlTransactions } from "./corpus-postgresql-transactions";

const postgresql = [...postgresqlLanguage, ...postgresqlSessions, ...postgresqlTransactions, ...postgresqlTexts];

for (const version of versionsToTest("postgresql@17")) corpusOn(version, postgresql);

for (const version of versionsToTest("mysql@8.0", "mariadb@10.11"))
  corpusOn(version, [...mysqlLanguage, ...mysqlSessions, ...mysqlTexts]);
