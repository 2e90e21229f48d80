import { setTimeout as sleep } from "node:timers/promises";
import { AwsError } from "../aws/errors";
import { bootstrapFile } from "./bootstrap-file";
import { LocalFunction } from "./function";
import { functionArn, parseFunctionName } from "./names";
import { admits } from "./permissions";
import type {
  AfterInvoke,
  BeforeInvoke,
  FunctionSpec,
  FunctionState,
  FunctionUpdate,
  InvocationControl,
  InvokeRequest,
  InvokeResult,
  LambdaHostOptions,
  RunResult,
} from "./types";

const awsRetryDelaysMs = [60_000, 120_000];

interface FoundFunction {
  fn: LocalFunction;
  version: string;
  qualifier: string | undefined;
}

/** Runs built bundles the way Lambda does: a clean process per execution environment, over the Runtime API. */
export class LambdaHost {
  private readonly functions = new Map<string, LocalFunction>();
  private readonly before = new Set<BeforeInvoke>();
  private readonly after = new Set<AfterInvoke>();
  private readonly background = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private readonly killAll = (): void => this.functions.forEach((fn) => fn.killAll());

  private constructor(
    private readonly options: LambdaHostOptions,
    private readonly bootstrap: string,
  ) {
    process.on("exit", this.killAll);
  }

  static async start(options: LambdaHostOptions): Promise<LambdaHost> {
    return new LambdaHost(options, await bootstrapFile(options.directory));
  }

  /** Returns the ARN. Registering a name again replaces the function. */
  async registerFunction(spec: FunctionSpec): Promise<string> {
    const fn = new LocalFunction(spec, this.bootstrap, this.options);
    await this.functions.get(fn.arn)?.close();
    this.functions.set(fn.arn, fn);
    return fn.arn;
  }

  async updateFunction(name: string, patch: FunctionUpdate): Promise<void> {
    await this.get(name).update(patch);
  }

  /** AWS cannot rename: the old name is gone and the new one is a new function, as after a replaced Provisioner. */
  async renameFunction(name: string, newName: string): Promise<string> {
    const { spec } = this.get(name);
    await this.removeFunction(name);
    return this.registerFunction({ ...spec, name: newName });
  }

  async removeFunction(name: string): Promise<void> {
    const fn = this.get(name);
    this.functions.delete(fn.arn);
    await fn.close();
  }

  setState(name: string, state: FunctionState): void {
    this.get(name).state = state;
  }

  /** Makes the next invocation a cold start. */
  async recycle(name: string): Promise<void> {
    await this.get(name).retire();
  }

  logFile(name: string): string {
    return this.get(name).log.file;
  }

  names(): string[] {
    return [...this.functions.values()].map(({ spec }) => spec.name);
  }

  arns(): string[] {
    return [...this.functions.keys()];
  }

  /** By name, when only one account and Region has it, or by ARN. */
  get(name: string): LocalFunction {
    const found = [...this.functions.values()].filter((fn) => fn.spec.name === name || fn.arn === name);
    if (found.length === 1) return found[0];
    throw new Error(found.length === 0 ? `There is no function ${name}.` : `Several functions are named ${name}.`);
  }

  /** The hooks return what takes them away again. */
  beforeInvoke(hook: BeforeInvoke): () => void {
    this.before.add(hook);
    return () => void this.before.delete(hook);
  }

  afterInvoke(hook: AfterInvoke): () => void {
    this.after.add(hook);
    return () => void this.after.delete(hook);
  }

  /** Waits until every asynchronous invocation has ended. */
  async drained(): Promise<void> {
    while (this.background.size > 0) await Promise.all(this.background);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    process.off("exit", this.killAll);
    await Promise.all([...this.functions.values()].map((fn) => fn.close()));
    this.functions.clear();
    await this.drained();
  }

  /** The function a caller means, or AWS's error. */
  find(request: Pick<InvokeRequest, "functionName" | "qualifier" | "caller">): FoundFunction {
    const id = parseFunctionName(request.functionName);
    if (id === undefined) {
      const text = `Value '${request.functionName}' at 'functionName' failed to satisfy constraint`;
      throw new AwsError("ValidationException", `1 validation error detected: ${text}`);
    }
    const { caller } = request;
    if (id.region !== undefined && id.region !== caller.region) {
      const text = `Functions from '${id.region}' are not reachable in this region ('${caller.region}')`;
      throw new AwsError("ResourceNotFoundException", text, 404, { Type: "User" });
    }
    const account = id.account ?? caller.account;
    const qualifier = id.qualifier ?? request.qualifier;
    const fn = [...this.functions.values()].find(
      ({ spec }) => spec.name === id.name && spec.account === account && spec.region === caller.region,
    );
    const own = account === caller.account && caller.service === undefined;
    // Permission comes before existence: a stranger does not learn which functions there are.
    if (!own && (fn === undefined || !admits(fn.spec, caller, qualifier))) {
      const arn = functionArn({ name: id.name, account, region: caller.region });
      const why = "because no resource-based policy allows the lambda:InvokeFunction action";
      const text = `User: ${caller.arn} is not authorized to perform: lambda:InvokeFunction on resource: ${arn} ${why}`;
      throw new AwsError("AccessDeniedException", text, 403);
    }
    const version = fn?.versionOf(qualifier);
    if (fn === undefined || version === undefined) {
      const arn = functionArn({ name: id.name, account, region: caller.region });
      const text = `Function not found: ${arn}${qualifier === undefined ? "" : `:${qualifier}`}`;
      throw new AwsError("ResourceNotFoundException", text, 404, { Type: "User" });
    }
    return { fn, version, qualifier };
  }

  async invoke(request: InvokeRequest): Promise<InvokeResult> {
    const { fn, version, qualifier } = this.find(request);
    request = { ...request, qualifier };
    const empty = { executedVersion: version, payload: Buffer.alloc(0), lost: false };
    if (request.invocationType === "DryRun") return { ...empty, status: 204 };
    requireReady(fn);
    if (request.invocationType === "RequestResponse") return this.runOnce(fn, version, request);
    const work = this.runInBackground(fn, version, request).finally(() => this.background.delete(work));
    this.background.add(work);
    return { ...empty, status: 202 };
  }

  private async runOnce(fn: LocalFunction, version: string, request: InvokeRequest): Promise<InvokeResult> {
    const environment = fn.acquire();
    if (environment === undefined) {
      const reserved = fn.spec.reservedConcurrency === undefined ? "" : "ReservedFunction";
      const Reason = `${reserved}ConcurrentInvocationLimitExceeded`;
      throw new AwsError("TooManyRequestsException", "Rate Exceeded.", 429, { Reason, Type: "User" });
    }
    const suffix = request.qualifier === undefined ? "" : `:${request.qualifier}`;
    let lost = false;
    const control: InvocationControl = {
      functionName: fn.spec.name,
      requestId: request.requestId,
      payload: JSON.parse(request.payload.toString("utf8")),
      dropResponse: () => void (lost = true),
      kill: () => environment.kill(),
    };
    try {
      for (const hook of this.before) await hook(control);
      const result = await this.runLogged(fn, version, request, () =>
        environment.run(
          { requestId: request.requestId, functionArn: `${fn.arn}${suffix}`, payload: request.payload },
          fn.spec.timeoutSeconds * 1000,
        ),
      );
      for (const hook of this.after) await hook(control, result);
      const { functionError, payload } = result;
      return { status: 200, executedVersion: version, functionError, payload, lost };
    } finally {
      await fn.release(environment);
    }
  }

  private async runLogged(
    fn: LocalFunction,
    version: string,
    { requestId }: InvokeRequest,
    run: () => Promise<RunResult>,
  ): Promise<RunResult> {
    fn.log.line(`START RequestId: ${requestId} Version: ${version}`);
    const result = await run();
    if (result.note !== undefined) fn.log.line(result.note);
    fn.log.line(`END RequestId: ${requestId}`);
    fn.log.report(requestId, result.durationMs, fn.spec.memoryMb, result.initDurationMs);
    return result;
  }

  /** At least once, like AWS: a throttled event waits, a failed one is tried again under the same request id. */
  private async runInBackground(fn: LocalFunction, version: string, request: InvokeRequest): Promise<void> {
    const { signal } = this.stopping;
    const delays = [...(this.options.asyncRetryDelaysMs ?? awsRetryDelaysMs)];
    while (!signal.aborted) {
      const outcome = await this.runOnce(fn, version, request).then(
        (result) => (result.functionError === undefined ? "done" : "failed"),
        (error: unknown) => {
          fn.log.line(`Asynchronous invocation ${request.requestId}: ${String(error)}`);
          return error instanceof AwsError && error.code === "TooManyRequestsException" ? "throttled" : "failed";
        },
      );
      if (outcome === "done") return;
      const delay = outcome === "throttled" ? 100 : delays.shift();
      if (delay === undefined) return;
      await sleep(delay, undefined, { signal }).catch(() => undefined);
    }
  }
}

function requireReady(fn: LocalFunction): void {
  if (fn.state === "Active") return;
  if (fn.state === "Inactive") {
    // The first invocation of an inactive function starts its recovery.
    fn.state = "Pending";
    const text =
      "The function is inactive and its VPC connection is no longer available. Wait for the VPC connection to reestablish and try again.";
    throw new AwsError("ResourceNotReadyException", text, 502, { Type: "User" });
  }
  const text = `The operation cannot be performed at this time. The function is currently in the following state: ${fn.state}`;
  throw new AwsError("ResourceConflictException", text, 409, { Type: "User" });
}
