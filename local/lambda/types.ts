/** A function of the local Lambda endpoint. Everything a caller of AWS would configure is here, nothing else. */
export interface FunctionSpec {
  name: string;
  account: string;
  region: string;
  partition?: string;
  /** The built handler file, or a folder that holds it. */
  codePath: string;
  /** `file.export`, as in AWS: `index.handler`. */
  handler: string;
  env: Record<string, string>;
  timeoutSeconds: number;
  memoryMb: number;
  /** How many environments may run at once. Default: 10. */
  reservedConcurrency?: number;
  /** Names besides `$LATEST` under which the function can be invoked. */
  aliases?: string[];
  /** Other accounts that a resource-based policy would allow to invoke it. */
  invokers?: string[];
  /** Further statements of its resource-based policy, for services such as `secretsmanager.amazonaws.com`. */
  permissions?: FunctionPermission[];
  /** Its execution role. Default: one with the function's name. */
  roleArn?: string;
  /** The identity policies of its execution role. Default: the role may do everything in its account. */
  rolePolicies?: (functionName: string) => object[];
  /** The interface endpoint through which its calls come. */
  vpcEndpointId?: string;
}

/** One statement of a function's resource-based policy, with the conditions that AddPermission can write. */
export interface FunctionPermission {
  statementId: string;
  /** A service, or an account's number. */
  principal: string;
  sourceAccount?: string;
  sourceArn?: string;
  /** The version or alias it is for. Default: the function's unqualified name. */
  qualifier?: string;
}

export type FunctionUpdate = Partial<Omit<FunctionSpec, "name" | "account" | "region" | "partition">>;

export type FunctionState = "Active" | "Pending" | "Inactive" | "Failed";

export type InvocationType = "RequestResponse" | "Event" | "DryRun";

export interface InvokeRequest {
  /** Name, `name:alias`, partial ARN or full ARN. */
  functionName: string;
  qualifier?: string;
  invocationType: InvocationType;
  payload: Buffer;
  requestId: string;
  caller: {
    account: string;
    region: string;
    arn: string;
    /** Set when an AWS service calls on behalf of a resource in that account. */
    service?: { principal: string; sourceArn: string };
  };
}

export interface InvokeResult {
  status: 200 | 202 | 204;
  executedVersion: string;
  functionError?: "Unhandled";
  payload: Buffer;
  /** A hook asked for it: the function has finished, and its caller must not hear about it. */
  lost: boolean;
}

/** What a hook can do with one invocation. */
export interface InvocationControl {
  readonly functionName: string;
  readonly requestId: string;
  readonly payload: unknown;
  /** Lets the function finish and then closes the caller's connection instead of answering. */
  dropResponse(): void;
  /** Ends the execution environment at once, now or later during the invocation. */
  kill(): void;
}

/** Runs before the function gets the event; waiting in it delays the invocation. */
export type BeforeInvoke = (control: InvocationControl) => void | Promise<void>;

/** Runs after the function has finished and before its caller gets the answer. */
export type AfterInvoke = (
  control: InvocationControl,
  result: { functionError?: "Unhandled"; payload: Buffer },
) => void | Promise<void>;

export interface LambdaCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

export interface LambdaHostOptions {
  /** Where `logs/<function>.log` is written. */
  directory: string;
  /** What the functions use as `AWS_ENDPOINT_URL`. */
  endpointUrl: string;
  /** The credentials of a function's execution role. */
  credentials(spec: FunctionSpec): LambdaCredentials;
  /** Waits between the attempts of a failed asynchronous invocation. AWS's own: one and two minutes. */
  asyncRetryDelaysMs?: number[];
}

/** What one environment did with one event. */
export interface RunResult {
  functionError?: "Unhandled";
  payload: Buffer;
  durationMs: number;
  /** Present when this invocation was the environment's first. */
  initDurationMs?: number;
  /** One line for the log when the environment did not answer by itself. */
  note?: string;
}
