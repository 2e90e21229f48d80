import { AwsError } from "./errors";
import { header, type RawRequest, type Reply } from "./http";
import type { Caller, Identities } from "./identity";
import type { Service, ServiceCall } from "./service";

/** One successful AssumeRole, for tests that must know which identity was used. */
export interface AssumedRole {
  roleArn: string;
  sessionName: string;
  externalId?: string;
  by: string;
}

const hour = 3600;
const escape = (text: string): string => text.replace(/[<>&'"]/g, (character) => `&#${character.charCodeAt(0)};`);
const xml = (name: string, content: string | number): string => `<${name}>${escape(String(content))}</${name}>`;
const invalid = (text: string): AwsError => new AwsError("ValidationError", text);

/** STS in the query protocol. A role need not exist: there is no IAM here, only accounts and the rules set by tests. */
export class TokenService implements Service {
  readonly name = "sts";
  readonly assumed: AssumedRole[] = [];
  private readonly externalIds = new Map<string, string>();
  private readonly denied = new Set<string>();

  constructor(private readonly identities: Identities) {}

  /** From now on the role can be assumed with this external id only, like a trust policy with `sts:ExternalId`. */
  requireExternalId(roleArn: string, externalId: string): void {
    this.externalIds.set(roleArn, externalId);
  }

  /** The role's trust policy names nobody any more. Returns what allows it again. */
  denyRole(roleArn: string): () => void {
    this.denied.add(roleArn);
    return () => void this.denied.delete(roleArn);
  }

  accepts(raw: RawRequest): boolean {
    const form = (header(raw, "content-type") ?? "").startsWith("application/x-www-form-urlencoded");
    return raw.method === "POST" && raw.path === "/" && form;
  }

  read(raw: RawRequest): ServiceCall {
    const { Action: operation = "", ...request } = Object.fromEntries(new URLSearchParams(raw.body.toString("utf8")));
    return { operation, request };
  }

  perform({ operation, request }: ServiceCall, caller: Caller): unknown {
    if (operation === "AssumeRole") return this.assumeRole(request, caller);
    if (operation !== "GetCallerIdentity") {
      throw new AwsError("InvalidAction", `The local stack has no STS ${operation}. It needs AWS.`, 501);
    }
    return xml("Arn", caller.arn) + xml("UserId", caller.userId) + xml("Account", caller.account);
  }

  reply({ operation }: ServiceCall, output: unknown, raw: RawRequest): Reply {
    const metadata = `<ResponseMetadata>${xml("RequestId", raw.requestId)}</ResponseMetadata>`;
    const result = `<${operation}Result>${String(output)}</${operation}Result>`;
    return this.document(200, `${operation}Response`, result + metadata);
  }

  fail(error: AwsError, raw: RawRequest): Reply {
    const kind = xml("Type", error.status < 500 ? "Sender" : "Receiver");
    // STS has a shorter name for the same thing.
    const code = error.code.replace(/^(ExpiredToken|MissingAuthenticationToken)Exception$/, "$1");
    const body = `<Error>${kind}${xml("Code", code)}${xml("Message", error.message)}</Error>`;
    const reply = this.document(error.status, "ErrorResponse", body + xml("RequestId", raw.requestId));
    return { ...reply, headers: { ...reply.headers, "x-amzn-errortype": code } };
  }

  private document(status: number, root: string, content: string): Reply {
    const body = `<${root} xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${content}</${root}>`;
    return { status, headers: { "content-type": "text/xml" }, body };
  }

  private assumeRole(request: Record<string, unknown>, caller: Caller): string {
    const text = (name: string): string | undefined => {
      const value = request[name];
      return typeof value === "string" ? value : undefined;
    };
    const roleArn = text("RoleArn") ?? "";
    const sessionName = text("RoleSessionName") ?? "";
    const externalId = text("ExternalId");
    const duration = Number(text("DurationSeconds") ?? hour);
    if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(roleArn)) throw invalid(`${roleArn} is invalid`);
    if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) throw invalid("The RoleSessionName is not valid.");
    if (!Number.isInteger(duration) || duration < 900 || duration > 12 * hour) {
      throw invalid("The DurationSeconds must be between 900 and 43200.");
    }
    if (caller.temporary && duration > hour) {
      throw invalid(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
      );
    }
    const required = this.externalIds.get(roleArn);
    if (this.denied.has(roleArn) || (required !== undefined && required !== externalId)) {
      const message = `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`;
      throw new AwsError("AccessDenied", message, 403);
    }
    const { credentials, session } = this.identities.issue(roleArn, sessionName, duration);
    this.assumed.push({ roleArn, sessionName, ...(externalId === undefined ? {} : { externalId }), by: caller.arn });
    const keys = [
      xml("AccessKeyId", credentials.accessKeyId),
      xml("SecretAccessKey", credentials.secretAccessKey),
      xml("SessionToken", credentials.sessionToken),
      xml("Expiration", new Date(credentials.expiration).toISOString()),
    ].join("");
    const user = xml("Arn", session.arn) + xml("AssumedRoleId", session.userId);
    return `<Credentials>${keys}</Credentials><AssumedRoleUser>${user}</AssumedRoleUser>`;
  }
}
