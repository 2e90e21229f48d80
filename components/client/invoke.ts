import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { SSMClient } from "@aws-sdk/client-ssm";
import { DbAccessError, type ProvisionerRef } from "../../provisioner/protocol";
import { credentialsFor, type Role } from "./credentials";
import { awsFailure, crashFailure, invokeFailure, type Call } from "./errors";
import { CallFailure } from "./failure";
import { handler, placeOf } from "./connection";
import { lambdaSdk, ssmSdk } from "./sdk";
import { storeObject } from "./store";
import type { Discovery, StoredObject, Transport } from "./transport";

const PARAMETER_TIMEOUT_MS = 20_000;

/** The real one. Retrying is ours (`maxAttempts: 1`): the SDK does not tell a refused call from a lost one. */
export class AwsTransport implements Transport {
  private readonly lambdas = new Map<string, Promise<LambdaClient>>();

  async invoke(ref: ProvisionerRef, payload: string, timeoutMs: number): Promise<string> {
    const functionName = ref.functions.access;
    const call: Call = {
      action: "lambda:InvokeFunction",
      resource: functionName,
      region: ref.region,
      role: ref.invoke?.roleArn,
    };
    try {
      const { InvokeCommand } = await lambdaSdk();
      const client = await this.lambda(ref, timeoutMs);
      const reply = await client.send(new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(payload) }));
      const text = Buffer.from(reply.Payload ?? []).toString("utf8");
      if (reply.FunctionError !== undefined) throw crashFailure(text, functionName);
      return text;
    } catch (error) {
      throw invokeFailure(error, call);
    }
  }

  async parameter(discovery: Discovery, externalId: string | undefined): Promise<string> {
    const { parameter, region, roleArn, endpointUrl } = discovery;
    const role: Role | undefined = roleArn === undefined ? undefined : { roleArn, externalId };
    const call: Call = { action: "ssm:GetParameter", resource: parameter, region, role: roleArn };
    let client: SSMClient | undefined;
    try {
      const { GetParameterCommand, SSMClient } = await ssmSdk();
      const place = { region, endpointUrl };
      client = new SSMClient({
        ...placeOf(region, endpointUrl),
        credentials: credentialsFor(role, place),
        requestHandler: handler(PARAMETER_TIMEOUT_MS),
      });
      const { Parameter: found } = await client.send(new GetParameterCommand({ Name: parameter }));
      return found?.Value ?? "";
    } catch (error) {
      if (error instanceof Error && error.name === "ParameterNotFound") throw parameterMissing(discovery);
      throw awsFailure(error, call);
    } finally {
      client?.destroy();
    }
  }

  store(ref: ProvisionerRef, object: StoredObject, timeoutMs: number): Promise<void> {
    return storeObject(ref, object, timeoutMs);
  }

  /** One client per place, role and patience, so that connections and assumed credentials are kept. */
  private lambda(ref: ProvisionerRef, timeoutMs: number): Promise<LambdaClient> {
    const { region, endpointUrl, invoke } = ref;
    const key = JSON.stringify([region, endpointUrl, invoke, timeoutMs]);
    const known = this.lambdas.get(key);
    if (known !== undefined) return known;
    const made = lambdaSdk().then(
      ({ LambdaClient }) =>
        new LambdaClient({
          ...placeOf(region, endpointUrl),
          maxAttempts: 1,
          credentials: credentialsFor(invoke, { region, endpointUrl }),
          requestHandler: handler(timeoutMs),
        }),
    );
    this.lambdas.set(key, made);
    return made;
  }
}

const parameterMissing = ({ parameter, region }: Discovery): CallFailure =>
  new CallFailure(
    "missing",
    new DbAccessError(
      "FunctionMissing",
      `The parameter ${parameter} does not exist in ${region}; deploy the provisioner's stack first.`,
    ),
  );
