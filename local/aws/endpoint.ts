import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AwsError, ConnectionLost } from "./errors";
import { readRequest, type RawRequest, type Reply } from "./http";
import { accessRequests, Roles } from "./iam";
import { identityStoreService } from "./identitystore/service";
import { IdentityStores } from "./identitystore/store";
import { Identities, type Caller, type Session } from "./identity";
import { Keys } from "./keys";
import { logService } from "./logs/service";
import { LogStore } from "./logs/store";
import { ObjectService } from "./objects/service";
import { ObjectStore } from "./objects/store";
import { ParameterStore, type SavedParameter } from "./parameters/store";
import { parameterService } from "./parameters/service";
import { Rotations } from "./secrets/rotation-run";
import { SecretStore } from "./secrets/store";
import type { SavedSecret } from "./secrets/model";
import { secretService } from "./secrets/service";
import { jsonFailure, type Service, type ServiceName } from "./service";
import { StateFile } from "./state-file";
import { TokenService } from "./sts";

/** What an interceptor sees. `next` carries the call out and gives its output. */
export interface InterceptedCall {
  service: ServiceName;
  operation: string;
  request: Record<string, unknown>;
  caller: Caller;
  next(): Promise<unknown>;
}

export type Interceptor = (call: InterceptedCall) => unknown;

/** One call as it is kept for reading later. Names only: never a request's or a reply's content. */
export interface CallRecord {
  service: ServiceName;
  operation: string;
  at: number;
  account: string;
  region: string;
  target?: string;
  error?: string;
}

export interface EndpointOptions {
  account: string;
  region: string;
  /** Where secrets and parameters outlive the process. Without it they are only in memory. */
  stateFile?: string;
  port?: number;
}

interface Saved {
  secrets: SavedSecret[];
  parameters: SavedParameter[];
  sessions: Session[];
}

/** The daemon runs for days; nobody reads further back than this. */
const keptCalls = 10_000;

/** The one address that `AWS_ENDPOINT_URL` names: it finds the service of every request and answers in its protocol. */
export class AwsEndpoint {
  readonly identities: Identities;
  readonly keys = new Keys();
  /** Roles whose identity policies are enforced. */
  readonly roles = new Roles();
  readonly secrets: SecretStore;
  readonly rotations: Rotations;
  readonly parameters: ParameterStore;
  readonly sts: TokenService;
  readonly logs = new LogStore();
  readonly objects = new ObjectStore();
  /** The users and groups of IAM Identity Center. */
  readonly identityStores = new IdentityStores();
  readonly calls: CallRecord[] = [];
  private readonly services: Service[];
  private readonly interceptors = new Set<Interceptor>();
  private readonly file: StateFile<Saved>;
  private readonly server = createServer((message, response) => void this.handle(message, response));

  private constructor(readonly options: EndpointOptions) {
    this.file = new StateFile<Saved>(options.stateFile, () => ({
      secrets: this.secrets.save(),
      parameters: this.parameters.save(),
      sessions: this.identities.save(),
    }));
    const changed = (): void => this.file.changed();
    this.identities = new Identities(options.account, changed);
    this.secrets = new SecretStore(changed, this.keys);
    this.rotations = new Rotations(this.secrets);
    this.parameters = new ParameterStore(changed, this.keys);
    this.sts = new TokenService(this.identities);
    this.services = [
      secretService(this.secrets, this.rotations),
      parameterService(this.parameters),
      new ObjectService(this.objects),
      this.sts,
      logService(this.logs),
      identityStoreService(this.identityStores),
    ];
  }

  static async start(options: EndpointOptions): Promise<AwsEndpoint> {
    const endpoint = new AwsEndpoint(options);
    const saved = endpoint.file.load();
    endpoint.secrets.load(saved?.secrets ?? []);
    endpoint.parameters.load(saved?.parameters ?? []);
    endpoint.identities.load(saved?.sessions ?? []);
    await new Promise<void>((resolve, reject) => {
      endpoint.server.once("error", reject);
      endpoint.server.listen(options.port ?? 0, "127.0.0.1", resolve);
    });
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Adds a service, for example the Lambda API. */
  serve(service: Service): void {
    this.services.push(service);
  }

  /** The last one added is the outermost. Returns what takes it away again. */
  intercept(interceptor: Interceptor): () => void {
    this.interceptors.add(interceptor);
    return () => void this.interceptors.delete(interceptor);
  }

  /** Carries out a call as the account itself, without HTTP, interceptors or a record: how the stack sets itself up. */
  async direct(
    name: "secretsmanager" | "ssm",
    operation: string,
    request: Record<string, unknown>,
    place: { account: string; region: string } = this.options,
  ): Promise<Record<string, unknown>> {
    const service = this.services.find((candidate) => candidate.name === name);
    const caller = this.identities.owner(place.account, place.region);
    return (await service?.perform({ operation, request }, caller, "")) as Record<string, unknown>;
  }

  async close(): Promise<void> {
    await this.rotations.stop();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
    this.file.flush();
  }

  private async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const raw = await readRequest(message);
      const reply = await this.answer(raw);
      if (reply === undefined) return void message.socket.destroy();
      response.writeHead(reply.status, { ...reply.headers, "x-amzn-requestid": raw.requestId });
      response.end(reply.body);
    } catch {
      // The caller went away while it was sending, or sent more than any service takes.
      message.socket.destroy();
    }
  }

  private async answer(raw: RawRequest): Promise<Reply | undefined> {
    const service = this.services.find((candidate) => candidate.accepts(raw));
    if (service === undefined) {
      const text =
        "The local stack has Secrets Manager, Parameter Store, STS, Lambda, S3, CloudWatch Logs and the Identity Store, and not this. It needs AWS.";
      return jsonFailure(new AwsError("NotImplementedLocally", text, 501));
    }
    let record: CallRecord | undefined;
    try {
      const caller = this.identities.callerOf(raw);
      const call = service.read(raw);
      const { account, region } = caller;
      record = { service: service.name, operation: call.operation, at: Date.now(), account, region };
      const target =
        call.request.SecretId ??
        call.request.Name ??
        call.request.FunctionName ??
        call.request.RoleArn ??
        call.request.Key;
      if (typeof target === "string") record.target = target;
      this.calls.push(record);
      if (this.calls.length > keptCalls) this.calls.shift();
      let next = async (): Promise<unknown> => {
        this.roles.authorize(caller, () => accessRequests(service.name, call, caller, this));
        return service.perform(call, caller, raw.requestId);
      };
      for (const interceptor of this.interceptors) {
        const inner = next;
        next = async () => interceptor({ service: service.name, ...call, caller, next: inner });
      }
      return service.reply(call, await next(), raw);
    } catch (error) {
      if (record !== undefined) record.error = error instanceof Error ? error.name : "Error";
      if (error instanceof ConnectionLost) return undefined;
      if (error instanceof AwsError) return service.fail(error, raw);
      // The message is not passed on: it may quote a value.
      return service.fail(new AwsError("InternalServiceError", "The local endpoint failed.", 500), raw);
    }
  }
}
