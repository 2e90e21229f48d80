import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { execFile } from "node:child_process";
import type { LocalStack } from "../../local/stack";
import type { Actions, Outcome } from "./automation";
import type { Value } from "./substitution";

type Inputs = Record<string, Value>;

/** "aws:invokeLambdaFunction": a function's error is an output, and need not be the step's failure. */
export type FunctionErrors = "are outputs" | "fail the step";

/** The actions in one account and Region, with the credentials of a role that they assume there. */
export async function actionsIn(
  stack: LocalStack,
  roleArn: string,
  functionErrors: FunctionErrors = "are outputs",
): Promise<Actions> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = stack.env();
  const place = { endpoint: stack.url, region: stack.region, maxAttempts: 1 };
  const sts = new STSClient({ ...place, credentials: { accessKeyId, secretAccessKey } });
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "automation" }));
  sts.destroy();
  const credentials = {
    accessKeyId: String(Credentials?.AccessKeyId),
    secretAccessKey: String(Credentials?.SecretAccessKey),
    sessionToken: String(Credentials?.SessionToken),
  };
  const lambda = new LambdaClient({ ...place, credentials });
  return {
    "aws:invokeLambdaFunction": (inputs) => invoke(lambda, inputs, functionErrors),
    "aws:executeScript": execute,
  };
}

async function invoke(lambda: LambdaClient, inputs: Inputs, functionErrors: FunctionErrors): Promise<Outcome> {
  const { FunctionName, Qualifier, InvocationType, InputPayload, ...other } = inputs;
  if (Object.keys(other).length > 0) throw new Error(`The interpreter does not know ${Object.keys(other).join()}.`);
  const { FunctionError, StatusCode, Payload } = await lambda.send(
    new InvokeCommand({
      FunctionName: String(FunctionName),
      Qualifier: String(Qualifier),
      InvocationType: InvocationType as "RequestResponse",
      Payload: JSON.stringify(InputPayload),
    }),
  );
  const text = Buffer.from(Payload ?? []).toString("utf8");
  if (FunctionError !== undefined && functionErrors === "fail the step") throw new Error(`${FunctionError}: ${text}`);
  const outputs = { StatusCode: StatusCode ?? null, Payload: text };
  return { outputs: FunctionError === undefined ? outputs : { ...outputs, FunctionError }, response: outputs };
}

/** Runs the script with the Python of this machine, its events by standard input. */
const harness = `
import json, sys
asked = json.load(sys.stdin)
names = {}
exec(asked["script"], names)
json.dump(names[asked["handler"]](asked["events"], {}), sys.stdout)
`;

export function execute(inputs: Inputs): Promise<Outcome> {
  const { Runtime, Handler, InputPayload, Script, ...other } = inputs;
  if (Object.keys(other).length > 0) throw new Error(`The interpreter does not know ${Object.keys(other).join()}.`);
  if (!/^python3\.\d+$/.test(String(Runtime))) throw new Error(`The interpreter has no ${String(Runtime)}.`);
  return new Promise((resolve, reject) => {
    const child = execFile("python3", ["-c", harness], (error, stdout, stderr) => {
      // Only what was raised, as in the message of a failed step.
      if (error !== null) return reject(new Error(stderr.trim().split("\n").at(-1)));
      const payload = JSON.parse(stdout) as Value;
      resolve({ outputs: { Payload: payload }, response: { Payload: payload } });
    });
    child.stdin?.end(JSON.stringify({ script: Script, handler: Handler, events: InputPayload }));
  });
}
