import { clusterNamePattern } from "../../provisioner/protocol";
import { ALIAS, functionNameOf } from "../provisioner/names";
import { runbookActions, runbookLevels, type RunbookAction, type RunbookLevel } from "./names";
import { answerScript } from "./script";

/** What a document lets its operators do. */
export interface RunbookScope {
  actions?: readonly RunbookAction[];
  levels?: readonly RunbookLevel[];
  /** Default: every cluster that the execution roles may reach. */
  clusterNames?: readonly string[];
}

/** The outputs of a run, beside those that Automation keeps of every step. */
export const runbookOutputs = ["username", "secretArn", "passwordLastChanged"] as const;

/** Systems Manager has no parameter that can be left out: an empty text stands for none. */
const optional = (values: readonly string[]): string => `^(${values.join("|")})?$`;

/** Automation replaces `{{ … }}` in what it is given: no name has braces. Everything else the function judges. */
const nameCharacters = "[A-Za-z0-9_.$@+-]";

const text = (description: string, more: object): object => ({ type: "String", description, ...more });

const parametersOf = ({ actions = runbookActions, levels = runbookLevels, clusterNames }: RunbookScope): object => ({
  // Without a default: a run with the rights of whoever starts it would need rights that nobody should have.
  AutomationAssumeRole: text("The administration role. In each target account its execution role takes its place.", {
    allowedPattern: "^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$",
  }),
  Action: text("What to do with the user.", { allowedValues: actions }),
  Cluster: text("The logical name of the cluster, as its provisioner has it.", {
    ...(clusterNames === undefined ? { allowedPattern: clusterNamePattern.source } : { allowedValues: clusterNames }),
  }),
  Username: text("The database user.", { allowedPattern: `^${nameCharacters}{1,63}$` }),
  Database: text("The database that a level is for.", { default: "", allowedPattern: `^${nameCharacters}{0,63}$` }),
  Schema: text("PostgreSQL: the schema that a level is for. Empty: public.", {
    default: "",
    allowedPattern: `^${nameCharacters}{0,63}$`,
  }),
  Level: text(`create_user, update_grant: ${levels.join(", ")}.`, { default: "", allowedPattern: optional(levels) }),
  Hosts: {
    type: "StringList",
    description: "MySQL, MariaDB: the hosts that the user may come from. Empty: any.",
    default: [],
    maxItems: 20,
  },
  CreatedBy: {
    type: "StringList",
    description: "PostgreSQL: the roles whose later tables a level is for as well. Empty: as it was, or none.",
    default: [],
    maxItems: 20,
  },
  Auth: text("create_user: password, with a secret, or iam, without one. Empty: password.", {
    default: "",
    allowedPattern: optional(["password", "iam"]),
  }),
});

/**
 * The runbook: one invocation of the cluster's function in the account and Region where it runs, and a failure with the
 * function's own reason when that has failed.
 */
export const runbookDocument = (scope: RunbookScope = {}): object => ({
  schemaVersion: "0.3",
  description: "Creates, changes and deletes a database user through its cluster's db-access provisioner.",
  assumeRole: "{{ AutomationAssumeRole }}",
  parameters: parametersOf(scope),
  mainSteps: [
    {
      name: "invoke",
      action: "aws:invokeLambdaFunction",
      description: "The provisioner's function of this account and Region does it.",
      // As long as the function may run, which is as long as the step may.
      timeoutSeconds: 300,
      // A second try of a run that has not been heard of could be a second reset.
      maxAttempts: 1,
      onFailure: "Abort",
      inputs: {
        FunctionName: functionNameOf("{{ Cluster }}", "access"),
        Qualifier: ALIAS,
        InvocationType: "RequestResponse",
        InputPayload: {
          action: "{{ Action }}",
          cluster: "{{ Cluster }}",
          username: "{{ Username }}",
          database: "{{ Database }}",
          schema: "{{ Schema }}",
          level: "{{ Level }}",
          hosts: "{{ Hosts }}",
          createdBy: "{{ CreatedBy }}",
          auth: "{{ Auth }}",
          // Automation does not tell who started it; the execution of this id does, and so does CloudTrail.
          requestedBy: "automation-execution/{{ automation:EXECUTION_ID }}",
        },
      },
      nextStep: "answer",
    },
    {
      name: "answer",
      action: "aws:executeScript",
      description: "Fails with the function's reason where it has given one, and reads its answer otherwise.",
      timeoutSeconds: 60,
      maxAttempts: 1,
      onFailure: "Abort",
      inputs: {
        Runtime: "python3.11",
        Handler: "answer",
        InputPayload: { reply: "{{ invoke.Payload }}" },
        Script: answerScript(runbookOutputs),
      },
      outputs: runbookOutputs.map((name) => ({ Name: name, Selector: `$.Payload.${name}`, Type: "String" })),
      isEnd: true,
    },
  ],
  outputs: runbookOutputs.map((name) => `answer.${name}`),
});
