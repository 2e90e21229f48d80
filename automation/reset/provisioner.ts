import { readFileSync } from "node:fs";
import { parseRef, parseRefText, type Transport } from "../../components/client";
import type { ProvisionerRef } from "../../provisioner/protocol";
import { CommandFailure, failureMessage } from "../errors";

/** Where an operator says the provisioner is: one of the two. */
export interface ProvisionerOptions {
  /** Name of the Parameter Store parameter that holds the ref. */
  parameter?: string;
  /** A file with the ref as JSON. */
  ref?: string;
  region?: string;
  roleArn?: string;
}

/** The ref of the provisioner, read with the operator's own rights. */
export async function findProvisioner(
  options: ProvisionerOptions,
  transport: Pick<Transport, "parameter">,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ProvisionerRef> {
  const { parameter, ref } = options;
  if ((parameter === undefined) === (ref === undefined))
    throw new CommandFailure("BadArguments", "Say where the provisioner is: --parameter <name> or --ref <file>.");
  if (ref !== undefined) return refInFile(ref);
  const name = parameter ?? "";
  const region = options.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (region === undefined || region === "")
    throw new CommandFailure("BadArguments", `The Region of parameter ${name} is not known; pass --region.`);
  const where = { parameter: name, region, ...(options.roleArn === undefined ? {} : { roleArn: options.roleArn }) };
  return parseRefText(await transport.parameter(where, undefined), `The parameter ${name}`);
}

function refInFile(file: string): ProvisionerRef {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandFailure("BadArguments", `The file ${file} cannot be read: ${failureMessage(error)}.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CommandFailure("BadArguments", `The file ${file} is not JSON; write provisioner.ref into it.`);
  }
  return parseRef(value, `The file ${file}`);
}
