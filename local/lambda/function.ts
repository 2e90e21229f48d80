import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { Environment } from "./environment";
import { FunctionLog } from "./log";
import { functionArn } from "./names";
import type { FunctionPermission, FunctionSpec, FunctionState, FunctionUpdate, LambdaHostOptions } from "./types";

const defaultConcurrency = 10;
/** Below the twelve hours for which a role's credentials are valid. AWS replaces environments after some hours too. */
const environmentLifeMs = 6 * 60 * 60 * 1000;

/** Where AWS puts a function's code. */
const awsTaskRoot = "/var/task/";

/** One registered function: its configuration, its log, and its warm and busy environments. */
export class LocalFunction {
  state: FunctionState = "Active";
  readonly log: FunctionLog;
  readonly arn: string;
  codeSha256 = "";
  lastModified = new Date();
  private taskRoot = "";
  private readonly environments = new Set<Environment>();

  constructor(
    private current: FunctionSpec,
    private readonly bootstrap: string,
    private readonly options: LambdaHostOptions,
  ) {
    this.arn = functionArn(current);
    this.readCode();
    this.log = new FunctionLog(path.join(options.directory, "logs"), current.name);
  }

  get spec(): Readonly<FunctionSpec> {
    return this.current;
  }

  async update(patch: FunctionUpdate): Promise<void> {
    this.current = { ...this.current, ...patch };
    this.readCode();
    this.lastModified = new Date();
    await this.retire();
  }

  /** Another policy, which no environment sees: the warm ones stay. */
  setPermissions(permissions: FunctionPermission[]): void {
    this.current = { ...this.current, permissions };
  }

  /** The version a qualifier names, or nothing when there is no such alias. */
  versionOf(qualifier: string | undefined): string | undefined {
    if (qualifier === undefined || qualifier === "$LATEST") return "$LATEST";
    return this.current.aliases?.includes(qualifier) || qualifier === "1" ? "1" : undefined;
  }

  /** A warm environment, a new one, or nothing when the concurrency is used up. */
  acquire(): Environment | undefined {
    for (const environment of this.environments) {
      if (!environment.alive) this.environments.delete(environment);
      else if (environment.idle && Date.now() - environment.since > environmentLifeMs) void this.endOne(environment);
    }
    const warm = [...this.environments].reverse().find((environment) => environment.idle && !environment.retired);
    if (warm !== undefined) {
      // Taken before anything is awaited, so that two invocations cannot get the same one.
      warm.idle = false;
      return warm;
    }
    if (this.environments.size >= (this.current.reservedConcurrency ?? defaultConcurrency)) return undefined;
    const environment = new Environment({
      bootstrap: this.bootstrap,
      env: this.environmentVariables(),
      taskRoot: this.taskRoot,
      memoryMb: this.current.memoryMb,
      logDescriptor: this.log.descriptor,
    });
    this.environments.add(environment);
    return environment;
  }

  async release(environment: Environment): Promise<void> {
    if (environment.retired && environment.alive) await environment.end();
    if (!environment.alive) this.environments.delete(environment);
  }

  /** Ends idle environments now and busy ones after their event: the next invocation is a cold start. */
  async retire(): Promise<void> {
    const idle = [...this.environments].filter((environment) => environment.idle || !environment.alive);
    for (const environment of this.environments) environment.retired = true;
    await Promise.all(idle.map((environment) => this.endOne(environment)));
  }

  async close(): Promise<void> {
    await Promise.all([...this.environments].map((environment) => this.endOne(environment)));
    this.log.close();
  }

  killAll(): void {
    for (const environment of this.environments) environment.kill();
  }

  private async endOne(environment: Environment): Promise<void> {
    this.environments.delete(environment);
    await environment.end();
  }

  private readCode(): void {
    const { codePath, handler, name } = this.current;
    if (!existsSync(codePath)) throw new Error(`The code of function ${name} is missing: ${codePath}`);
    const hash = createHash("sha256");
    if (statSync(codePath).isDirectory()) {
      this.taskRoot = codePath;
      for (const file of readdirSync(codePath).sort()) {
        const full = path.join(codePath, file);
        if (statSync(full).isFile()) hash.update(`${file}\0`).update(readFileSync(full));
      }
    } else {
      this.taskRoot = path.dirname(codePath);
      const module = handler.replace(/\..*$/, "");
      if (path.parse(codePath).name !== module) {
        throw new Error(`Function ${name}: the handler ${handler} is not in ${path.basename(codePath)}.`);
      }
      hash.update(readFileSync(codePath));
    }
    this.codeSha256 = hash.digest("base64");
  }

  /** Exactly what Lambda sets, and the function's own variables. Nothing of the host's environment. */
  private environmentVariables(): Record<string, string> {
    const { name, region, memoryMb, handler, env } = this.current;
    const credentials = this.options.credentials(this.current);
    const placed = Object.entries(env).map(([key, value]) => [
      key,
      value.startsWith(awsTaskRoot) ? path.join(this.taskRoot, value.slice(awsTaskRoot.length)) : value,
    ]);
    return {
      ...(Object.fromEntries(placed) as Record<string, string>),
      _HANDLER: handler,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ENDPOINT_URL: this.options.endpointUrl,
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs20.x",
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: `${new Date().toISOString().slice(0, 10).replaceAll("-", "/")}/[$LATEST]local`,
      LAMBDA_TASK_ROOT: this.taskRoot,
      LAMBDA_RUNTIME_DIR: path.dirname(this.bootstrap),
      LANG: "en_US.UTF-8",
      TZ: ":UTC",
    };
  }
}
