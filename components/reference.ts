import * as pulumi from "@pulumi/pulumi";
import { clusterNamePattern, DbAccessError, type ProvisionerRef } from "../provisioner/protocol";
import { AwsTransport, CallFailure, parseRef, parseRefText } from "./client";
import { parameterNameOf } from "./provisioner/names";
import { PerRun } from "./run";

/** A value, or an output of one, at every depth. */
export type DeepInput<T> = pulumi.Input<
  T extends readonly (infer Part)[] ? DeepInput<Part>[] : T extends object ? { [K in keyof T]: DeepInput<T[K]> } : T
>;

/** How a resource names its provisioner: the ref itself, or something that has one, such as a Provisioner. */
export type ProvisionerInput = DeepInput<ProvisionerRef> | { readonly ref: DeepInput<ProvisionerRef> };

/** The ref inside what was given. */
export function refOf(provisioner: ProvisionerInput): DeepInput<ProvisionerRef> {
  const holds = typeof provisioner === "object" && provisioner !== null && !pulumi.Output.isInstance(provisioner);
  return holds && "ref" in provisioner ? provisioner.ref : (provisioner as DeepInput<ProvisionerRef>);
}

/** Reading two outputs of one stack must not declare its reference twice. */
const references = new PerRun(() => new Map<string, pulumi.StackReference>());

/** What the program has to be changed for, in one sentence. */
class ProgramError extends pulumi.RunError {
  constructor(words: string) {
    super(words);
    // An error with a stack is formatted by Pulumi with all that it leads to, which takes 20 seconds.
    this.stack = "";
    // Pulumi writes the property's name in front, again for each resource that has it.
    Object.defineProperty(this, "message", { get: () => words, set: () => undefined });
  }
}

const programError = (error: unknown): Error =>
  error instanceof DbAccessError ? new ProgramError(`${error.code}: ${error.message}`) : (error as Error);

/**
 * The provisioner that another stack exports.
 *
 * @param stackName The stack's full name, for instance `acme/data/prod`; on a self-managed backend the organisation
 *   is `organization`.
 * @param output The name of the output that holds `provisioner.ref`.
 * @returns The ref. A missing output is an error, never an unknown.
 */
export function provisionerFromStack(stackName: string, output: string): pulumi.Output<ProvisionerRef> {
  const known = references.get();
  const stack = known.get(stackName) ?? new pulumi.StackReference(`db-access:${stackName}`, { name: stackName });
  known.set(stackName, stack);
  return stack.getOutput(output).apply((value: unknown) => {
    const where = `The output ${JSON.stringify(output)} of stack ${stackName}`;
    if (value === undefined || value === null)
      throw new ProgramError(`${where} does not exist; deploy that stack first and export provisioner.ref there.`);
    try {
      return parseRef(value, where);
    } catch (error) {
      throw programError(error);
    }
  });
}

export interface ParameterOptions {
  /** Region of the parameter. Default: the configuration `aws:region`, else the environment's Region. */
  region?: string;
  /** A role to read it with. Default: the caller's own credentials. */
  roleArn?: string;
  /** Only for the local stack and private endpoints. */
  endpointUrl?: string;
}

/**
 * The provisioner that a Parameter Store parameter names, read with the AWS SDK while the program runs.
 *
 * @param name The parameter's name, for instance `/db-access/orders`.
 * @returns The ref. A missing parameter is an error, never an unknown.
 */
export function provisionerFromParameter(name: string, options: ParameterOptions = {}): pulumi.Output<ProvisionerRef> {
  const region =
    options.region ??
    new pulumi.Config("aws").get("region") ??
    process.env.AWS_REGION ??
    process.env.AWS_DEFAULT_REGION;
  if (region === undefined)
    throw new pulumi.RunError(`The Region of parameter ${name} is not known; pass region or set aws:region.`);
  const { roleArn, endpointUrl } = options;
  const read = new AwsTransport()
    .parameter({ parameter: name, region, roleArn, endpointUrl }, undefined)
    .then((text) => parseRefText(text, `The parameter ${name}`))
    .catch((error: unknown) => {
      throw programError(error instanceof CallFailure ? error.error : error);
    });
  return pulumi.output(read);
}

/**
 * The provisioner of a cluster, found by nothing but its logical name: where a Provisioner writes its ref, in the
 * parameter `/db-access/<clusterName>`.
 *
 * @param clusterName The provisioner's `clusterName`.
 * @returns The ref. A missing parameter is an error, never an unknown.
 */
export function provisionerFromName(
  clusterName: string,
  options: ParameterOptions = {},
): pulumi.Output<ProvisionerRef> {
  if (!clusterNamePattern.test(clusterName))
    throw new pulumi.RunError(
      `${JSON.stringify(clusterName)} is not the name of a cluster; use the clusterName of its Provisioner.`,
    );
  return provisionerFromParameter(parameterNameOf(clusterName), options);
}
