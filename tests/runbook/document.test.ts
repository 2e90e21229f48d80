import Ajv, { type ErrorObject } from "ajv";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { runbookDocument } from "../../components/runbook/document";
import { actionEventSchema } from "../../provisioner/doors/action";
import { runbookActions, runbookLevels, runbookNames } from "../../components/runbook/names";
import { levels } from "../../provisioner/doors/level";
import { checkout } from "../support/engine";
import schema from "./automation-document.schema.json";
import { execute } from "./actions";
import type { AutomationDocument, TargetLocation } from "./automation";
import { startParameters } from "./parameters";

const validate = new Ajv({ strict: true, allErrors: true }).compile(schema);
const problemsOf = (document: unknown): string[] => {
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message }: ErrorObject) => `${instancePath} ${message}`);
};
const plain = (scope?: Parameters<typeof runbookDocument>[0]): AutomationDocument =>
  JSON.parse(JSON.stringify(runbookDocument(scope))) as AutomationDocument;

describe("the runbook's document", () => {
  it("is in order by the schema of AWS's documentation, whatever is chosen", () => {
    assert.deepEqual(problemsOf(plain()), []);
    assert.deepEqual(problemsOf(plain({ actions: ["reset_password"], levels: ["readonly"], clusterNames: ["a"] })), []);
  });

  it("which refuses what Systems Manager would not take", () => {
    const change = (by: (document: AutomationDocument) => void): string[] => {
      const document = plain();
      by(document);
      return problemsOf(document);
    };
    const refused: ((document: AutomationDocument) => void)[] = [
      (document) => (document.schemaVersion = "2.2"),
      (document) => (document.mainSteps = []),
      (document) => Object.assign(document, { version: "1" }),
      (document) => (document.mainSteps[0].name = "in voke"),
      (document) => (document.mainSteps[0].action = "aws:invokeFunction"),
      (document) => Object.assign(document.mainSteps[0], { retries: 1 }),
      (document) => (document.mainSteps[0].onFailure = "Stop"),
      (document) => (document.mainSteps[0].timeoutSeconds = 301),
      (document) => delete document.mainSteps[0].inputs.FunctionName,
      (document) => (document.mainSteps[0].inputs.InvocationType = "Later"),
      (document) => (document.mainSteps[1].inputs.Runtime = "python2.7"),
      (document) => (document.mainSteps[1].outputs = [{ Name: "a", Selector: "Payload", Type: "String" }]),
      (document) => Object.assign(document.parameters.Action, { type: "Enum" }),
      (document) => Object.assign(document.parameters.Action, { pattern: "x" }),
    ];
    for (const [index, by] of refused.entries()) assert.notDeepEqual(change(by), [], `change ${index}`);
  });

  it("asks for what the function's door knows, and for all of it", () => {
    const [{ inputs }] = plain().mainSteps;
    const sent = Object.keys(inputs.InputPayload as object).sort();
    const known = new Set(actionEventSchema.options.flatMap(({ shape }) => Object.keys(shape)));
    assert.deepEqual(sent, [...known].sort());
    const named = actionEventSchema.options.flatMap(({ shape }) => [...shape.action.values]);
    assert.deepEqual([...runbookActions], named);
    assert.deepEqual([...runbookLevels], [...levels]);
  });

  it("refers to nothing that is not there, and no pattern needs what RE2 has not", () => {
    const { parameters, mainSteps, outputs } = plain();
    const text = JSON.stringify({ mainSteps, outputs: outputs.map((name) => `{{ ${name} }}`) });
    const there = new Set([
      ...Object.keys(parameters),
      ...mainSteps.flatMap((step) => (step.outputs ?? []).map(({ Name }) => `${step.name}.${Name}`)),
      "invoke.Payload",
      "automation:EXECUTION_ID",
    ]);
    for (const [, name] of text.matchAll(/\{\{ ([^}]+) \}\}/g)) assert.ok(there.has(name), name);
    for (const { nextStep } of mainSteps)
      if (nextStep !== undefined) assert.ok(mainSteps.some(({ name }) => name === nextStep));
    for (const { allowedPattern = "", default: given } of Object.values(parameters)) {
      assert.doesNotMatch(allowedPattern, /\(\?[=!<]|\\\d/);
      if (typeof given === "string") assert.match(given, new RegExp(allowedPattern));
    }
  });

  it("takes what the documentation's commands give it", () => {
    const text = readFileSync(path.join(checkout, "docs", "runbook.md"), "utf8");
    const commands = [...text.matchAll(/--parameters '([^']+)' \\\s+--target-locations '([^']+)'/g)];
    assert.equal(commands.length, 2);
    for (const [, parameters, locations] of commands) {
      startParameters(plain().parameters, JSON.parse(parameters) as Record<string, string[]>);
      for (const { ExecutionRoleName } of JSON.parse(locations) as TargetLocation[])
        assert.equal(ExecutionRoleName, runbookNames({}).executionRoleName);
    }
  });

  it("has what is chosen, for operators who may do less", () => {
    const { parameters } = plain({ actions: ["reset_password"], levels: ["readonly"], clusterNames: ["orders"] });
    assert.deepEqual(parameters.Action.allowedValues, ["reset_password"]);
    assert.deepEqual(parameters.Cluster, {
      type: "String",
      description: parameters.Cluster.description,
      allowedValues: ["orders"],
    });
    assert.equal(parameters.Level.allowedPattern, "^(readonly)?$");
  });

  describe("its script", () => {
    const run = async (reply: unknown): Promise<unknown> => {
      const { Script, Handler, Runtime } = plain().mainSteps[1].inputs;
      const { response } = await execute({ Script, Handler, Runtime, InputPayload: { reply: reply as string } });
      return (response as { Payload: unknown }).Payload;
    };
    const answer = { username: "app", secretArn: "arn:aws:secretsmanager:…", status: "done" };
    const read = { username: "app", secretArn: "arn:aws:secretsmanager:…", passwordLastChanged: "" };

    it("reads the answer as text, as Lambda gives it, and as an object", async () => {
      assert.deepEqual(await run(JSON.stringify(answer)), read);
      assert.deepEqual(await run(answer), read);
    });

    it("fails with the reason of Lambda, and of a provisioner that does not know the event", async () => {
      const ofLambda = { errorType: "Error", errorMessage: "ObjectMissing: No user." };
      await assert.rejects(run(JSON.stringify(ofLambda)), /^Error: Exception: ObjectMissing: No user\.$/);
      const reply = { results: [], error: { code: "InvalidInput", message: "The request is not valid." } };
      await assert.rejects(run(JSON.stringify(reply)), /Exception: InvalidInput: The request is not valid\./);
      await assert.rejects(run("null"), /has given no answer/);
      await assert.rejects(run("not JSON"), /JSONDecodeError/);
    });
  });
});
