import { clusterNamePattern } from "../../provisioner/protocol";
import { accountId, isLater, organization, rulesOf, type Rules } from "../provisioner/rules";
import { runbookChildKinds, type ProvisionerRunbookArgs, type ProvisionerRunbookExecutionRoleArgs } from "./args";
import { runbookActions, runbookLevels } from "./names";

const roleName = /^[\w+=,.@-]{1,64}$/;
const documentName = /^(?!aws|amazon|amzn)[\w.-]{3,49}$/i;
const regionName = /^[a-z]{2,}(-[a-z]+)+-\d+$/;
const common = [
  "documentName",
  "administrationRoleName",
  "executionRoleName",
  "permissionsBoundary",
  "tags",
  "transforms",
];

/** Fixed names decide about both stacks, so they are plain; and so is everything that is in a document. */
const rulesFor = (component: string, name: string) => {
  const rules = rulesOf(name, component);
  const plain = (property: string, value: unknown, pattern: RegExp, fix: string): void => {
    if (isLater(value)) rules.fail(property, "an output", `${fix}, as a plain string`);
    rules.text(property, value, pattern, fix);
  };
  const several = (property: string, value: unknown, pattern: RegExp, fix: string): void => {
    if (Array.isArray(value) && value.length === 0) rules.fail(property, [], "name at least one");
    rules.list(property, value, pattern, fix);
    ((value as unknown[] | undefined) ?? []).forEach((each, index) =>
      plain(`${property}[${index}]`, each, pattern, fix),
    );
  };
  return { ...rules, plain, several };
};

function assertCommon({ fail, keys, text, plain }: ReturnType<typeof rulesFor>, args: Record<string, unknown>): void {
  plain("documentName", args.documentName, documentName, "3 to 49 letters, digits and _.-, not aws… or amazon…");
  plain("administrationRoleName", args.administrationRoleName, roleName, "use a role's name, without a path");
  plain("executionRoleName", args.executionRoleName, roleName, "use a role's name, without a path");
  const policyArn = /^arn:[a-z-]+:iam::(\d{12}|aws):policy\/\S+$/;
  text("permissionsBoundary", args.permissionsBoundary, policyArn, "use a policy's ARN");
  const tags = (args.tags ?? {}) as Record<string, unknown>;
  const reserved = Object.keys(tags).find((key) => /^(aws|db-access):/.test(key));
  if (reserved !== undefined)
    fail(`tags[${JSON.stringify(reserved)}]`, tags[reserved], "aws: and db-access: are reserved");
  for (const [kind, transform] of Object.entries(keys("transforms", args.transforms, runbookChildKinds)))
    if (typeof transform !== "function") fail(`transforms.${kind}`, String(transform), "give a function");
}

const listed = (values: readonly string[]): [RegExp, string] => [
  new RegExp(`^(${values.join("|")})$`),
  `use some of ${values.join(", ")}`,
];

const demanded = ({ fail }: Rules, property: string, value: unknown, fix: string): void => {
  if (value === undefined) fail(property, undefined, fix);
};

export function assertRunbook(name: string, args: ProvisionerRunbookArgs): void {
  const rules = rulesFor("ProvisionerRunbook", name);
  const known = ["accountIds", "actions", "levels", "clusterNames", ...common];
  const given = rules.keys("", args, known);
  demanded(rules, "accountIds", given.accountIds, "name the accounts of the databases");
  rules.several("accountIds", given.accountIds, accountId, "use account ids of 12 digits");
  rules.several("actions", given.actions, ...listed(runbookActions));
  rules.several("levels", given.levels, ...listed(runbookLevels));
  rules.several("clusterNames", given.clusterNames, clusterNamePattern, "use the clusterName of a provisioner");
  assertCommon(rules, given);
}

export function assertExecutionRole(name: string, args: ProvisionerRunbookExecutionRoleArgs): void {
  const rules = rulesFor("ProvisionerRunbookExecutionRole", name);
  const known = ["centralAccountId", "clusterNames", "regions", "organizationId", ...common];
  const given = rules.keys("", args, known);
  demanded(rules, "centralAccountId", given.centralAccountId, "name the account that the runbook is in");
  rules.text("centralAccountId", given.centralAccountId, accountId, "use an account id of 12 digits");
  demanded(rules, "clusterNames", given.clusterNames, "name the clusters whose provisioners it may invoke");
  rules.several("clusterNames", given.clusterNames, clusterNamePattern, "use the clusterName of a provisioner");
  rules.several("regions", given.regions, regionName, "use names of Regions, eu-central-1");
  rules.text("organizationId", given.organizationId, organization, "use an id, o-…");
  assertCommon(rules, given);
}
