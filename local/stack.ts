import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { AwsEndpoint, staticKeyOf, type RotationOutcome } from "./aws";
import { silent, type Progress } from "./cache";
import { executionRole, LambdaHost, lambdaService, rotationFunctions } from "./lambda";
import { formatSpec, startServer, type RunningServer } from "./servers";
import { defaultBundle, deployTarget, type LocalTarget, type TargetContext, type TargetState } from "./target";

export type { LocalTarget, TargetState } from "./target";

export interface LocalStackOptions {
  /** Servers' data, secrets, parameters and logs. A later stack on the same directory finds them again. */
  directory: string;
  targets: LocalTarget[];
  region?: string;
  account?: string;
  /** The built provisioner. Default: the one in this package. */
  bundle?: string;
  /** The endpoint's port. Default: a free one. */
  port?: number;
  progress?: Progress;
}

export const defaultAccount = "111122223333";
export const defaultRegion = "us-east-1";

/** A whole small AWS on this machine: database servers, the provisioner's functions, and the services they use. */
export class LocalStack {
  readonly targets: Record<string, TargetState> = {};
  private readonly servers: RunningServer[] = [];
  private readonly clusters = new Set<string>();

  private constructor(
    readonly aws: AwsEndpoint,
    readonly lambda: LambdaHost,
    private readonly context: TargetContext,
    private readonly directory: string,
    private readonly progress: Progress,
  ) {}

  static async start(options: LocalStackOptions): Promise<LocalStack> {
    const { account = defaultAccount, region = defaultRegion, bundle = defaultBundle(), progress = silent } = options;
    if (!existsSync(bundle)) throw new Error(`The provisioner's bundle is missing: ${bundle}. Run \`npm run build\`.`);
    const directory = path.resolve(options.directory);
    // Server processes may run as another user and must be able to enter.
    mkdirSync(directory, { recursive: true });
    const stateFile = path.join(directory, "aws.json");
    const aws = await AwsEndpoint.start({ account, region, stateFile, port: options.port });
    const lambda = await LambdaHost.start({
      directory,
      endpointUrl: aws.url,
      credentials: (spec) => executionRole(aws, spec),
    });
    aws.serve(lambdaService(lambda));
    aws.rotations.connect({ functions: rotationFunctions(lambda) });
    const stack = new LocalStack(aws, lambda, { aws, lambda, account, region, bundle }, directory, progress);
    const started = await Promise.allSettled(options.targets.map((target) => stack.addTarget(target)));
    const failed = started.find((result) => result.status === "rejected");
    if (failed !== undefined) {
      await stack.stop();
      throw failed.reason;
    }
    // They became ready in any order; they are shown in the order they were asked for.
    const inOrder = options.targets.map(({ cluster }) => [cluster, stack.targets[cluster]] as const);
    for (const [cluster, state] of inOrder) {
      delete stack.targets[cluster];
      stack.targets[cluster] = state;
    }
    return stack;
  }

  get url(): string {
    return this.aws.url;
  }

  get region(): string {
    return this.context.region;
  }

  get account(): string {
    return this.context.account;
  }

  /** Starts the target's server and deploys its provisioner. */
  async addTarget(target: LocalTarget): Promise<TargetState> {
    const { cluster } = target;
    if (this.clusters.has(cluster)) throw new Error(`The local stack already has a cluster ${cluster}.`);
    this.clusters.add(cluster);
    let server: RunningServer | undefined;
    if (target.unreachable !== true) {
      this.progress(`${cluster}: starting ${formatSpec(target.server)}`);
      const directory = path.join(this.directory, "servers", cluster);
      server = await startServer(target.server, { ...target.serverOptions, directory }, this.progress);
      this.servers.push(server);
      this.progress(`${cluster}: ${target.server.engine} ${server.version} on ${server.host}:${server.port}`);
    }
    return (this.targets[cluster] = await deployTarget(this.context, target, server));
  }

  /** What a program needs to talk to this stack instead of AWS. */
  env(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: this.url,
      AWS_REGION: this.region,
      AWS_ACCESS_KEY_ID: staticKeyOf(this.account),
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_EC2_METADATA_DISABLED: "true",
    };
  }

  /** Waits for the last rotation of a secret that RotateSecret began, and tells how it ended. */
  rotationEnded(secretArn: string): Promise<RotationOutcome> {
    return this.aws.rotations.ended(secretArn);
  }

  /** Ends everything that was started, and keeps the directory. */
  async stop(): Promise<void> {
    // Rotations first, so that none invokes a function that is gone; the one under way ends with its environment.
    const rotations = this.aws.rotations.stop();
    await this.lambda.stop();
    await rotations;
    await Promise.all([this.aws.close(), ...this.servers.splice(0).map((server) => server.stop())]);
  }
}

export const startLocalStack = (options: LocalStackOptions): Promise<LocalStack> => LocalStack.start(options);
