import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import type { RunningServer } from "../servers";
import type { LocalStack } from "../stack";
import { ControlServer } from "./control";
import type { PluginSettings } from "./main";

/** A running stand-in of the AWS resource plugin. */
export interface RunningPlugin {
  /** With this in its environment the engine uses it. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** Sources run through ts-node, compiled files by themselves. */
const extension = path.extname(__filename);
const runner = extension === ".ts" ? ["-r", "ts-node/register/transpile-only"] : [];

/**
 * Starts the stand-in in a process of its own, as the engine would start the plugin.
 *
 * @param servers Running ones that become instances of RDS when a program makes some.
 * @param region Where everything is made. Default: the stack's own Region.
 */
export async function startAwsPlugin(
  stack: LocalStack,
  directory: string,
  servers: readonly RunningServer[] = [],
  region = stack.region,
): Promise<RunningPlugin> {
  const control = await ControlServer.start(stack, region, servers);
  const settings: PluginSettings = {
    account: stack.account,
    region,
    endpointUrl: stack.url,
    controlUrl: control.url,
    directory: path.join(directory, "code"),
  };
  const main = path.join(__dirname, `main${extension}`);
  const child = spawn(process.execPath, [...runner, main, JSON.stringify(settings)], {
    env: { ...process.env, ...stack.env(), AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = async (): Promise<void> => {
    await Promise.all([ended(child), control.close()]);
  };
  try {
    return { env: { PULUMI_DEBUG_PROVIDERS: `aws:${await portOf(child)}` }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function portOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("The plugin's output cannot be read.");
  const exited = once(child, "exit").then(([code]) => {
    throw new Error(`The stand-in of the AWS plugin ended with status ${String(code)} before it could be used.`);
  });
  const printed = once(createInterface(child.stdout), "line").then(([line]) => String(line).trim());
  return Promise.race([printed, exited]);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill();
  await exit;
}
