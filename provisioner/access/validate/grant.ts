import { futureOf, granteeName, schemaOfTarget, type GrantClaim } from "../claims";
import { globalPrivileges, isNeverGlobal } from "../global-privileges";
import { hostProblem, productWords } from "../names";
import { canonicalPrivilege, expandPrivileges, privilegesOf, sinceOf } from "../privileges";
import { templatePrivileges, templateProblems, templateWords } from "../templates";
import type { Checker } from "./checker";
import { targetProblems } from "./target";

const isPublicName = (grantee: GrantClaim["grantee"], { context }: Checker): boolean =>
  context.product === "postgresql" && typeof grantee === "string" && grantee.toUpperCase() === "PUBLIC";

export function grantProblems(claim: GrantClaim, check: Checker): void {
  const { context, known, add } = check;
  const { product } = context;
  if (known(claim.grantee)) granteeProblems(claim, check);
  if (known(claim.on)) {
    const before = { problems: 0 };
    const counting: Checker = {
      ...check,
      add: (...problem) => {
        before.problems++;
        add(...problem);
      },
    };
    targetProblems(claim.on, counting);
    // Privileges of a kind that the product does not have make no further sense.
    if (before.problems === 0 || privilegesOf(product, claim.on.kind).length > 0) privilegeProblems(claim, check);
  }
  if (product !== "postgresql" && claim.cascade === true)
    add("cascade", `${productWords(product)} keeps grants made by others; remove cascade.`, "NotSupported");
  if (known(claim.on) && claim.on.kind === "role" && claim.withGrantOption === true)
    add("withGrantOption", "A membership is passed on with on.admin; remove withGrantOption.");
  if (known(claim.effect) && claim.effect === "revoke") absenceProblems(claim, check);
}

function granteeProblems(claim: GrantClaim, check: Checker): void {
  const { context, known, add, name } = check;
  const { grantee } = claim;
  if (isPublicName(grantee, check)) {
    if (claim.reach === true)
      add("reach", "PUBLIC is never let into a database or schema by reach; grant CONNECT or USAGE by name.");
    if (claim.withGrantOption === true)
      add("withGrantOption", "PUBLIC cannot pass privileges on; remove withGrantOption.");
    if (known(claim.on) && claim.on.kind === "role")
      add("grantee", "PUBLIC cannot be a member of a role; name a login or role.");
    return;
  }
  name("login", "grantee", granteeName(grantee));
  if (typeof grantee !== "object") return;
  if (context.product === "postgresql")
    return add("grantee", "PostgreSQL grantees have no host; give the name as a text.", "NotSupported");
  const problem = known(grantee.host) ? hostProblem(grantee.host) : undefined;
  if (problem !== undefined) add("grantee.host", problem.message, problem.code);
}

/** `effect: "revoke"`: PUBLIC on PostgreSQL, partial revokes on MySQL. */
function absenceProblems(claim: GrantClaim, check: Checker): void {
  const { context, known, add } = check;
  const { product } = context;
  if (product === "mariadb")
    return add(
      "effect",
      "MariaDB has neither PUBLIC defaults nor partial revokes to take away; remove effect.",
      "NotSupported",
    );
  if (claim.mode === "exclusive") add("mode", 'effect "revoke" names what is not to be held; remove mode.');
  if (claim.withGrantOption === true) add("withGrantOption", 'effect "revoke" gives nothing; remove withGrantOption.');
  if (!known(claim.on) || !known(claim.grantee)) return;
  if (product === "mysql") {
    if (claim.on.kind !== "database")
      add(
        "on.kind",
        'MySQL takes privileges of the whole server back for one database: use on.kind "database".',
        "NotSupported",
      );
    return;
  }
  if (!isPublicName(claim.grantee, check))
    add(
      "effect",
      `effect "revoke" is for PUBLIC, whose defaults nobody has granted; a privilege of ${granteeName(claim.grantee)} goes with the grant that gives it, or by mode "exclusive".`,
    );
  if (futureOf(claim.on) !== undefined && schemaOfTarget(claim.on) !== "")
    add(
      "on.schema",
      "Defaults of one schema can only add to PUBLIC's; remove on.schema to take them away from what comes.",
    );
}

function privilegeProblems(claim: GrantClaim, check: Checker): void {
  const { context, known, add } = check;
  const { product } = context;
  const kind = claim.on.kind;
  const given = claim.privileges !== undefined;
  if (kind === "role") {
    if (given || claim.template !== undefined)
      add(
        given ? "privileges" : "template",
        "A membership has no privileges; remove it, or use another kind of target.",
      );
    return;
  }
  if (given && claim.template !== undefined)
    return add("template", "privileges and template are both given; keep one of them.");
  if (!given && claim.template === undefined)
    return add(
      "privileges",
      `Neither privileges nor template is given; name for example ["${privilegesOf(product, kind)[0] ?? "SELECT"}"].`,
    );
  if (known(claim.template)) ownTemplateProblems(claim, check);
  if (kind === "schema" && futureOf(claim.on) !== undefined && claim.template === undefined)
    add(
      "on.future",
      "On a schema, future belongs to a template; for privileges of objects use their own kind of target.",
    );
  if (!known(claim.privileges)) return;
  if (!Array.isArray(claim.privileges) || claim.privileges.length === 0)
    return add("privileges", "privileges is empty; list at least one, or remove the grant.");
  claim.privileges.forEach((privilege, index) => {
    if (known(privilege)) privilegeProblem(claim, privilege, `privileges[${index}]`, check);
  });
}

function ownTemplateProblems(claim: GrantClaim, check: Checker): void {
  const { context, known, add } = check;
  const { template, on } = claim;
  if (template === undefined) return;
  const problems = templateProblems(template, known);
  for (const { path, words } of problems) add(path === "" ? "template" : `template.${path}`, words);
  if (problems.length > 0) return;
  if (templatePrivileges(context.product, on.kind, template) === undefined)
    return add(
      "template",
      `Template ${JSON.stringify(templateWords(template))} has no meaning for ${on.kind} on ${productWords(context.product)}; list the privileges.`,
    );
  if (typeof template === "string") return;
  const main = {
    ...claim,
    on: on.kind === "schema" ? { kind: "tables" as const, database: "", tables: "*" as const } : on,
  };
  (template.privileges ?? []).forEach((privilege, index) => {
    if (known(privilege)) privilegeProblem(main, privilege, `template.privileges[${index}]`, check);
  });
}

function privilegeProblem(claim: GrantClaim, privilege: unknown, property: string, check: Checker): void {
  const { context, add } = check;
  const { product, versionNumber } = context;
  const kind = claim.on.kind;
  const canonical = typeof privilege === "string" ? canonicalPrivilege(privilege) : "";
  if (kind === "global" && product !== "postgresql") return globalProblem(canonical, privilege, property, check);
  const now = privilegesOf(product, kind, versionNumber);
  if (canonical === "ALL" || now.includes(canonical)) return;
  const since = sinceOf(product, kind, canonical);
  add(
    property,
    privilegesOf(product, kind).includes(canonical) && since !== undefined
      ? `${canonical} came with ${productWords(product)} ${Math.floor(since / 10000)}; this server is older. Remove it.`
      : `${JSON.stringify(privilege)} is not a privilege of ${kind} on ${productWords(product)}; use one of ${now.join(", ")} or ALL.`,
    "UnknownPrivilege",
  );
}

/** On the whole server nothing is granted that is not on a list; the second list is the provisioner's own. */
function globalProblem(canonical: string, privilege: unknown, property: string, { context, add }: Checker): void {
  const { product, allowGlobalPrivileges } = context;
  if (product === "postgresql") return;
  const usual = globalPrivileges(product);
  if (isNeverGlobal(canonical))
    return add(
      property,
      `${canonical} on the whole server makes an administrator and is never granted; use one of ${usual.join(", ")}.`,
      "NotSupported",
    );
  if (!/^[A-Z]+([ _][A-Z]+)*$/.test(canonical))
    return add(
      property,
      `${JSON.stringify(privilege)} is not a privilege; use one of ${usual.join(", ")}.`,
      "UnknownPrivilege",
    );
  const [named] = expandPrivileges(product, "global", [canonical], 0);
  // Offline nobody knows what the provisioner allows.
  if (usual.includes(named) || allowGlobalPrivileges === undefined) return;
  if (!allowGlobalPrivileges.map(canonicalPrivilege).includes(canonical))
    add(
      property,
      `${canonical} on the whole server is not among what this provisioner may grant; use one of ${usual.join(", ")}, or add it to the provisioner's allowGlobalPrivileges.`,
      "NotSupported",
    );
}
