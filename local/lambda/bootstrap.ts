/**
 * What runs inside a local execution environment: the client side of the Lambda Runtime API, in plain Node.
 * It imports nothing of the project, because the function's code must see the process Lambda would give it.
 */
import { existsSync } from "node:fs";
import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";

interface LambdaContext {
  awsRequestId: string;
  callbackWaitsForEmptyEventLoop: boolean;
  functionName: string;
  functionVersion: string;
  invokedFunctionArn: string;
  logGroupName: string;
  logStreamName: string;
  memoryLimitInMB: string;
  getRemainingTimeInMillis(): number;
}

type Handler = (event: unknown, context: LambdaContext) => unknown;

interface ErrorBody {
  errorType: string;
  errorMessage: string;
  trace: string[];
}

const env = process.env;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const base = `http://${env.AWS_LAMBDA_RUNTIME_API ?? ""}/2018-06-01/runtime`;
let current: string | undefined;

function call(
  method: "GET" | "POST",
  route: string,
  body = "",
): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = method === "POST" ? { "content-type": "application/json" } : {};
    const sent = httpRequest(`${base}${route}`, { method, agent, headers }, (reply) => {
      const parts: Buffer[] = [];
      reply.on("data", (part: Buffer) => parts.push(part));
      reply.on("end", () =>
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: Buffer.concat(parts).toString("utf8") }),
      );
      reply.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function errorBody(error: unknown, type?: string): ErrorBody {
  if (!(error instanceof Error)) return { errorType: type ?? typeof error, errorMessage: String(error), trace: [] };
  return {
    errorType: type ?? error.name,
    errorMessage: error.message,
    trace: (error.stack ?? "").split("\n"),
  };
}

/** As AWS's runtime does: with every property that somebody hung on the error, such as a driver's statement. */
const logged = (body: ErrorBody, error: unknown): string =>
  JSON.stringify(error instanceof Error ? { ...body, ...error } : body);

async function loadHandler(): Promise<Handler> {
  const [, folder = "", file = "", name = ""] = /^(.*\/)?([^/.]+)\.(.+)$/.exec(env._HANDLER ?? "") ?? [];
  const stem = path.resolve(env.LAMBDA_TASK_ROOT ?? "", folder, file);
  const found = [".js", ".mjs", ".cjs"].map((extension) => stem + extension).find((candidate) => existsSync(candidate));
  if (found === undefined) {
    throw Object.assign(new Error(`Cannot find module '${file}'`), { name: "Runtime.ImportModuleError" });
  }
  const module = (await import(pathToFileURL(found).href)) as Record<string, unknown>;
  // A CommonJS file shows its exports under `default` when Node cannot read their names from the text.
  const inner = module.default as Record<string, unknown> | undefined;
  const handler = module[name] ?? inner?.[name];
  if (typeof handler !== "function") {
    throw Object.assign(new Error(`${env._HANDLER ?? ""} is undefined or not exported`), {
      name: "Runtime.HandlerNotFound",
    });
  }
  return handler as Handler;
}

function contextOf(headers: IncomingHttpHeaders): LambdaContext {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    awsRequestId: String(headers["lambda-runtime-aws-request-id"]),
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME ?? "",
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION ?? "",
    invokedFunctionArn: String(headers["lambda-runtime-invoked-function-arn"]),
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME ?? "",
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME ?? "",
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? "",
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

/** An error nobody caught ends the environment, as in Lambda; the invocation still learns its type. */
async function dieOf(error: unknown, exitCode: number, type?: string): Promise<never> {
  const body = errorBody(error, type);
  console.error(logged(body, error));
  const route = current === undefined ? "/init/error" : `/invocation/${current}/error`;
  await call("POST", route, JSON.stringify(body)).catch(() => undefined);
  process.exit(exitCode);
}

async function serve(handler: Handler): Promise<void> {
  for (;;) {
    const next = await call("GET", "/invocation/next");
    const context = contextOf(next.headers);
    current = context.awsRequestId;
    env._X_AMZN_TRACE_ID = String(next.headers["lambda-runtime-trace-id"]);
    let answer: [route: string, body: string];
    try {
      const result = await handler(JSON.parse(next.body), context);
      answer = ["response", JSON.stringify(result) ?? "null"];
    } catch (error) {
      const body = errorBody(error);
      console.error(`${new Date().toISOString()}\t${current}\tERROR\tInvoke Error\t${logged(body, error)}`);
      answer = ["error", JSON.stringify(body)];
    }
    await call("POST", `/invocation/${current}/${answer[0]}`, answer[1]);
    current = undefined;
  }
}

async function main(): Promise<void> {
  // The host holds the other end of standard input: when the host dies, so does its environment.
  process.stdin.on("end", () => process.exit(0));
  process.stdin.on("error", () => process.exit(0));
  process.stdin.resume();
  process.stdin.unref?.();
  process.on("uncaughtException", (error) => void dieOf(error, 129));
  process.on("unhandledRejection", (error) => void dieOf(error, 128, "Runtime.UnhandledPromiseRejection"));
  let handler: Handler;
  try {
    handler = await loadHandler();
  } catch (error) {
    return dieOf(error, 1);
  }
  await serve(handler);
}

void main().catch(() => process.exit(1));
