import { isMariaDb, type MySqlFacts } from "./facts";
import { isOn, type Answer, type Part } from "./question";

const own = "CONCAT(User, '@', Host) = CURRENT_USER()";
const role = "Host = '' AND User IN (SELECT ROLE_NAME FROM information_schema.ENABLED_ROLES)";
const everywhere = "CAST(JSON_VALUE(Priv, '$.access') AS UNSIGNED) & 4 <> 0";

/**
 * Without UPDATE on the database mysql, or on everything, nobody but an account itself sets its default role: held by
 * the login or by a role that is active. Read when it matters only: whoever changes an account locks these tables.
 */
export const defaultRolesParts = (facts: MySqlFacts): Part[] =>
  isMariaDb(facts)
    ? [
        {
          name: "adminDefaultRoles",
          fields: {
            able:
              `EXISTS (SELECT 1 FROM mysql.global_priv WHERE (${own} OR ${role}) AND ${everywhere}) OR ` +
              `EXISTS (SELECT 1 FROM mysql.db WHERE (${own} OR ${role}) AND 'mysql' LIKE Db AND Update_priv = 'Y')`,
          },
          from: "FROM DUAL",
          values: [],
        },
      ]
    : [];

export const setsDefaultRolesIn = (answers: Map<string, Answer[]>): { setsDefaultRoles?: boolean } => {
  const [answer] = answers.get("adminDefaultRoles") ?? [];
  return answer === undefined ? {} : { setsDefaultRoles: isOn(answer, "able") };
};
