import { resolve, selected, type Scope, type Value } from "./substitution";
import { startParameters, type Parameter } from "./parameters";

/** What an action gives: named outputs, and what `outputs` of a step select from. */
export interface Outcome {
  outputs: Record<string, Value>;
  response: unknown;
}

/** The actions that the runbook uses, and no others. */
export type Actions = Record<string, (inputs: Record<string, Value>) => Promise<Outcome>>;

interface Step {
  name: string;
  action: string;
  description?: string;
  maxAttempts?: number;
  timeoutSeconds?: number;
  onFailure?: string;
  isEnd?: boolean;
  nextStep?: string;
  inputs: Record<string, Value>;
  outputs?: { Name: string; Selector: string; Type: string }[];
}

export interface AutomationDocument {
  schemaVersion: string;
  description: string;
  assumeRole: string;
  parameters: Record<string, Parameter>;
  mainSteps: Step[];
  outputs: string[];
}

/** As `GetAutomationExecution` has it. */
export interface Execution {
  status: "Success" | "Failed";
  failureMessage?: string;
  /** The steps that ran, in their order. */
  steps: string[];
  assumeRole: string;
  outputs: Record<string, Value>;
}

const known = new Set(
  "name action description maxAttempts timeoutSeconds onFailure isEnd nextStep inputs outputs".split(" "),
);

function assertKnown(step: Step): void {
  const other = Object.keys(step).find((property) => !known.has(property));
  if (other !== undefined) throw new Error(`The interpreter does not know ${other} of a step.`);
  if (step.onFailure !== "Abort" || step.maxAttempts !== 1)
    throw new Error("The interpreter knows steps that abort at their first failure.");
}

/**
 * Runs a document as Systems Manager would: "Systems Manager Automation actions reference", "Using action outputs as
 * inputs" and "Automation system variables" of its user guide. Whatever is not used by the runbook is an error here.
 */
export async function runAutomation(
  document: AutomationDocument,
  given: Record<string, string[]>,
  actions: Actions,
  variables: Record<string, string>,
): Promise<Execution> {
  const scope: Scope = { ...startParameters(document.parameters, given), ...variables };
  const ran: string[] = [];
  const assumeRole = String(resolve(document.assumeRole, scope));
  const failed = (error: unknown): Execution => ({
    status: "Failed",
    failureMessage: `Step ${ran.at(-1)} fails: ${error instanceof Error ? error.message : "unknown"}`,
    steps: ran,
    assumeRole,
    outputs: {},
  });
  let step: Step | undefined = document.mainSteps[0];
  while (step !== undefined) {
    assertKnown(step);
    const action = actions[step.action];
    if (action === undefined) throw new Error(`The interpreter does not know ${step.action}.`);
    ran.push(step.name);
    try {
      const { outputs, response } = await action(resolve(step.inputs, scope) as Record<string, Value>);
      for (const [name, value] of Object.entries(outputs)) scope[`${step.name}.${name}`] = value;
      for (const { Name, Selector, Type } of step.outputs ?? [])
        scope[`${step.name}.${Name}`] = selected(response, Selector, Type);
    } catch (error) {
      return failed(error);
    }
    step = next(document.mainSteps, step);
  }
  const outputs = Object.fromEntries(document.outputs.map((name) => [name, resolve(`{{ ${name} }}`, scope)]));
  return { status: "Success", steps: ran, assumeRole, outputs };
}

function next(steps: readonly Step[], step: Step): Step | undefined {
  if (step.isEnd === true) return undefined;
  if (step.nextStep === undefined) return steps[steps.indexOf(step) + 1];
  const named = steps.find(({ name }) => name === step.nextStep);
  if (named === undefined) throw new Error(`There is no step ${step.nextStep}.`);
  return named;
}

/** One entry of `TargetLocations`. */
export interface TargetLocation {
  Accounts: string[];
  Regions: string[];
  ExecutionRoleName: string;
}

/**
 * A run over accounts and Regions starts one of its own in each: "Running automations in multiple AWS Regions and
 * accounts". There the execution role takes the place of the role that was given.
 */
export async function runInLocations(
  document: AutomationDocument,
  given: Record<string, string[]>,
  locations: readonly TargetLocation[],
  actionsAt: (account: string, region: string, roleArn: string) => Promise<Actions>,
): Promise<{ account: string; region: string; execution: Execution }[]> {
  const pairs = locations.flatMap(({ Accounts, Regions, ExecutionRoleName }) =>
    Accounts.flatMap((account) =>
      Regions.map((region) => ({ account, region, role: `arn:aws:iam::${account}:role/${ExecutionRoleName}` })),
    ),
  );
  const ended = [];
  for (const [index, { account, region, role }] of pairs.entries()) {
    const parameters = { ...given, AutomationAssumeRole: [role] };
    const variables = { "automation:EXECUTION_ID": `00000000-0000-4000-8000-${String(index).padStart(12, "0")}` };
    const actions = await actionsAt(account, region, role);
    ended.push({ account, region, execution: await runAutomation(document, parameters, actions, variables) });
  }
  return ended;
}
