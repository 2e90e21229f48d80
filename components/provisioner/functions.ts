import * as pulumi from "@pulumi/pulumi";
import type * as aws from "@pulumi/aws";
import type { FunctionArgs, ProvisionerArgs } from "./args";
import type { Aws } from "./aws";
import type { Children } from "./children";
import { codeOf } from "./code";
import { ALIAS, functionNameOf, type FunctionKind } from "./names";
import type { LogGroups } from "./logs";
import type { Network } from "./network";
import type { FunctionRoles } from "./roles";

export interface MadeFunction {
  function: aws.lambda.Function;
  timeoutSeconds: number;
  memoryMb: number;
}

export interface InvokedFunction extends MadeFunction {
  alias: aws.lambda.Alias;
}

export interface Functions {
  access: InvokedFunction;
  migrate: InvokedFunction;
  /** Secrets Manager names a function and no alias of it. */
  rotate: MadeFunction;
}

const purposes: Record<FunctionKind, string> = {
  access: "Logins, roles, databases and grants of",
  migrate: "Migrations of",
  rotate: "Rotates the logins' passwords of",
};

/**
 * The concurrency is also how many connections the database sees. Reading is done side by side, writing one after the
 * other.
 */
const defaults: Record<FunctionKind, Required<FunctionArgs>> = {
  access: { memoryMb: 512, timeoutSeconds: 300, reservedConcurrency: 10 },
  migrate: { memoryMb: 512, timeoutSeconds: 900, reservedConcurrency: 2 },
  rotate: { memoryMb: 512, timeoutSeconds: 300, reservedConcurrency: 5 },
};

/** What configuration does not say comes as undefined, and means the default. */
const given = (settings: FunctionArgs = {}): FunctionArgs =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

export interface FunctionParts {
  network: Network;
  roles: FunctionRoles;
  logs: LogGroups;
  environment: Record<string, pulumi.Input<string>>;
}

/** One archive, three functions: who may invoke one may not invoke another, and each can do only its own work. */
export function makeFunctions(aws: Aws, children: Children, args: ProvisionerArgs, parts: FunctionParts): Functions {
  const { network, roles, logs, environment } = parts;
  const { clusterName, functions = {}, keys = {} } = args;
  const code = codeOf(args);
  const make = (kind: FunctionKind): MadeFunction => {
    const settings = { ...defaults[kind], ...given(functions[kind]) };
    const made = children.make(
      "function",
      aws.lambda.Function,
      kind,
      {
        name: functionNameOf(clusterName, kind),
        description: `${purposes[kind]} ${clusterName}`,
        role: roles[kind].arn,
        code,
        handler: "index.handler",
        runtime: functions.runtime ?? "nodejs22.x",
        architectures: ["arm64"],
        memorySize: settings.memoryMb,
        timeout: settings.timeoutSeconds,
        reservedConcurrentExecutions: settings.reservedConcurrency,
        // An alias stays on a version, so that callers never meet code whose settings are still those of before.
        publish: kind !== "rotate",
        vpcConfig: {
          subnetIds: network.subnetIds,
          securityGroupIds: network.securityGroupIds,
          ...(network.dualStack ? { ipv6AllowedForDualStack: true } : {}),
        },
        environment: { variables: { DB_ACCESS_FUNCTION: kind, ...environment } },
        kmsKeyArn: keys.environment,
        tracingConfig: { mode: functions.tracing === false ? "PassThrough" : "Active" },
        loggingConfig: { logFormat: "Text", logGroup: logs[kind].name },
      },
      { dependsOn: roles[kind].dependsOn },
    );
    return { function: made, timeoutSeconds: settings.timeoutSeconds, memoryMb: settings.memoryMb };
  };
  const withAlias = (kind: "access" | "migrate"): InvokedFunction => {
    const made = make(kind);
    const alias = children.make("alias", aws.lambda.Alias, `${kind}-${ALIAS}`, {
      name: ALIAS,
      description: "What callers invoke",
      functionName: made.function.name,
      functionVersion: made.function.version,
    });
    return { ...made, alias };
  };
  return { access: withAlias("access"), migrate: withAlias("migrate"), rotate: make("rotate") };
}
