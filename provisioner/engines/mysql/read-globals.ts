import { isDynamic } from "./global-option";
import { isMariaDb, type MySqlFacts } from "./facts";
import { comparable } from "./names";
import { isOn, textOf, type Answer, type Part } from "./question";

const roleGrantee = (facts: MySqlFacts): string =>
  comparable(`CONCAT('''', ROLE_NAME, '''@''', ${isMariaDb(facts) ? "''" : "ROLE_HOST"}, '''')`);

/** What the provisioner's login holds on the whole server, itself and through the roles that are active. */
export const globalsPart = (facts: MySqlFacts): Part => ({
  name: "adminGlobal",
  fields: { privilege: "PRIVILEGE_TYPE", grantable: "IS_GRANTABLE = 'YES'" },
  from: `FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = ? OR ${comparable("GRANTEE")} IN
    (SELECT ${roleGrantee(facts)} FROM information_schema.ENABLED_ROLES WHERE ROLE_NAME IS NOT NULL)`,
  values: [`'${facts.admin.name}'@'${facts.admin.host ?? "%"}'`],
});

/** Static privileges share one grant option, wherever it comes from; dynamic ones have one each. */
export function grantableGlobalsIn(answers: Map<string, Answer[]>): string[] {
  const held = answers.get("adminGlobal") ?? [];
  const nameOf = (answer: Answer): string => textOf(answer, "privilege");
  const shared = held.some((answer) => isOn(answer, "grantable") && !isDynamic(nameOf(answer)));
  const grantable = held.filter((answer) => (isDynamic(nameOf(answer)) ? isOn(answer, "grantable") : shared));
  return [...new Set(grantable.map(nameOf))].filter((name) => name !== "USAGE").sort();
}
