import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * A rotation function that notes every step and does what a real one does with the labels, over plain HTTP: the local
 * endpoint does not check signatures. `plan.json` beside it says how often a step has to fail, or to wait for a file.
 */
const source = `
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
const here = import.meta.dirname;
const file = (name) => path.join(here, name);
const call = async (operation, request) => {
  const scope = process.env.AWS_ACCESS_KEY_ID + "/20260101/" + process.env.AWS_REGION + "/secretsmanager/aws4_request";
  const reply = await fetch(process.env.AWS_ENDPOINT_URL, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "secretsmanager." + operation,
      authorization: "AWS4-HMAC-SHA256 Credential=" + scope + ", SignedHeaders=host, Signature=0",
    },
    body: JSON.stringify(request),
  });
  const body = await reply.json();
  return reply.ok ? body : { error: body.__type, message: body.message };
};
export const handler = async (event) => {
  const { Step, SecretId, ClientRequestToken } = event;
  const plan = JSON.parse(readFileSync(file("plan.json"), "utf8"));
  const pending = { SecretId, VersionId: ClientRequestToken, VersionStage: "AWSPENDING" };
  const found = await call("GetSecretValue", pending);
  const note = { ...event, pending: found.error ?? found.SecretString, message: found.message };
  appendFileSync(file("steps.jsonl"), JSON.stringify(note) + "\\n");
  if (plan.waitIn === Step) while (!existsSync(file("go"))) await new Promise((resolve) => setTimeout(resolve, 5));
  if ((plan.failures?.[Step] ?? 0) > 0) {
    plan.failures[Step] -= 1;
    writeFileSync(file("plan.json"), JSON.stringify(plan));
    throw new RangeError("told to fail in " + Step);
  }
  if (Step === "createSecret" && found.error !== undefined) {
    const SecretString = "value of " + ClientRequestToken.slice(-2);
    await call("PutSecretValue", { SecretId, ClientRequestToken, SecretString, VersionStages: ["AWSPENDING"] });
  }
  if (Step === "finishSecret" && plan.forgetful !== true) {
    const { VersionIdsToStages } = await call("DescribeSecret", { SecretId });
    const [now] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes("AWSCURRENT"));
    const move = { SecretId, VersionStage: "AWSCURRENT", MoveToVersionId: ClientRequestToken };
    await call("UpdateSecretVersionStage", { ...move, RemoveFromVersionId: now });
  }
};
`;

export interface Plan {
  failures?: Record<string, number>;
  waitIn?: string;
  /** The function says it has finished, and has not. */
  forgetful?: boolean;
}

export interface Step {
  Step: string;
  SecretId: string;
  ClientRequestToken: string;
  RotationToken: string;
  /** What the version held when the step began, or the error's code. */
  pending: string;
  message?: string;
}

/** The function's folder, and what the tests say to it and learn from it. */
export class RotationFixture {
  constructor(readonly directory: string) {
    writeFileSync(path.join(directory, "index.mjs"), source);
    this.plan({});
  }

  plan(plan: Plan): void {
    writeFileSync(path.join(this.directory, "plan.json"), JSON.stringify(plan));
    writeFileSync(path.join(this.directory, "steps.jsonl"), "");
  }

  go(): void {
    writeFileSync(path.join(this.directory, "go"), "");
  }

  get steps(): Step[] {
    const lines = readFileSync(path.join(this.directory, "steps.jsonl"), "utf8").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Step);
  }

  get names(): string[] {
    return this.steps.map(({ Step }) => Step);
  }
}
