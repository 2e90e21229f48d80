import * as pulumi from "@pulumi/pulumi";

export interface Made {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** Where the program of a test runs. */
export interface Where {
  account: string;
  region?: string;
  partition?: string;
}

/** Runs a program against mocks; everything that it has made of AWS, by name. */
export async function made(
  program: () => unknown,
  { account, region = "eu-central-1", partition = "aws" }: Where,
): Promise<Record<string, Made>> {
  const all: Record<string, Made> = {};
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      if (type.startsWith("aws:")) all[name] = { type, name, inputs: inputs as Record<string, unknown> };
      const arn = `arn:${partition}:iam::${account}:role/${String(inputs.name)}`;
      return { id: name, state: { ...inputs, arn } };
    },
    call: ({ token }) => {
      const answers: Record<string, Record<string, string>> = {
        "aws:index/getCallerIdentity:getCallerIdentity": { accountId: account },
        "aws:index/getRegion:getRegion": { region },
        "aws:index/getPartition:getPartition": { partition },
      };
      return answers[token];
    },
  });
  program();
  await pulumi.runtime.disconnect();
  return all;
}

export const valueOf = <T>(output: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> =>
  new Promise((resolve) => pulumi.output(output).apply((value) => resolve(value)));
