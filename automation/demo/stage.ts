import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { LocalStack } from "../../local/stack";
import { CommandFailure } from "../errors";
import { packageRoot } from "../package-info";
import { childEnvironment } from "../run/environment";
import type { Operation, StackResult } from "../run/messages";
import { runInProcess } from "../run/process";
import { writeProject } from "../targets/project";
import type { ProjectFolder } from "../targets/target";
import type { Narrator, Tell } from "./narrator";
import { type DemoEngine, engineTitle } from "./options";
import type { Proof } from "./proof";
import type { Scene } from "./scene";

/** Where the demo plays: a throwaway folder with everything in it, the local stack, and the engine's settings. */
export class Stage {
  readonly directory: string;
  readonly project: ProjectFolder;
  local?: LocalStack;
  scenes: Scene[] = [];

  constructor(
    readonly narrator: Narrator,
    readonly pulumi: string,
    readonly signal: AbortSignal,
  ) {
    this.directory = mkdtempSync(path.join(os.tmpdir(), "db-access-demo-"));
    // Servers that run as another user must be able to enter.
    chmodSync(this.directory, 0o755);
    mkdirSync(this.stateDirectory);
    this.project = writeProject(path.join(this.directory, "first-run"), "first-run", example("first-run"));
  }

  get stateDirectory(): string {
    return path.join(this.directory, "state");
  }

  /** Of the local stack, with the functions' logs. */
  get localDirectory(): string {
    return path.join(this.directory, "local");
  }

  get backend(): string {
    return `file://${this.stateDirectory}`;
  }

  get stack(): LocalStack {
    if (this.local === undefined) throw new Error("The local stack is not up yet.");
    return this.local;
  }

  /** For the engine and for every program it runs: its own home, no network, and AWS is the local stack. */
  env(): Record<string, string> {
    return {
      PULUMI_HOME: path.join(this.directory, "pulumi-home"),
      PULUMI_CONFIG_PASSPHRASE: "a throwaway stack",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      // `npm run types` has checked the examples already.
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      ...this.local?.env(),
    };
  }

  /** Nothing that is set in the shell for another stack reaches this one. */
  childEnv(extra: { backend?: string } = {}): Record<string, string> {
    const foreign = /^(PULUMI|AWS|DB_ACCESS)_/;
    const caller = Object.entries(process.env).filter(([name]) => !foreign.test(name) || name === "DB_ACCESS_CACHE");
    return childEnvironment(this.env(), { ...extra, pulumi: this.pulumi }, Object.fromEntries(caller));
  }

  /** One operation on one scene's stack of the example. Throws unless the failure is expected. */
  async run(scene: Scene, operation: Operation, tell: Tell, expectFailure = false): Promise<StackResult> {
    const result = await runInProcess(
      {
        operation,
        directory: this.project.directory,
        stack: scene.stack,
        config: scene.config,
        exactConfig: true,
        lockSeconds: 60,
      },
      {
        env: this.childEnv({ backend: this.backend }),
        signal: this.signal,
        progress: tell,
        graceSeconds: 20,
      },
    );
    if (result.status !== "succeeded" && !expectFailure) throw operationFailure(scene, operation, result);
    if (operation === "up" && result.status === "succeeded") scene.outputs = result.outputs;
    return result;
  }

  /** The same on every engine at once, then one table. */
  async onAll(title: string, work: (scene: Scene, tell: Tell) => Promise<Proof[]>): Promise<void> {
    const found = await this.narrator.together(
      this.scenes.map((scene) => ({
        title: `${engineTitle[scene.engine]}: ${title}`,
        run: (tell: Tell) => work(scene, tell),
      })),
    );
    this.narrator.proofs(found.flat());
  }

  async close(): Promise<void> {
    await this.local?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export const example = (name: string): string => path.join(packageRoot(), "examples", name, "index.ts");

function operationFailure(scene: Scene, operation: Operation, result: StackResult): CommandFailure {
  const { code, message, resource } = result.reason ?? { code: "Failed", message: result.status, resource: undefined };
  const where = `pulumi ${operation} on ${engineTitle[scene.engine satisfies DemoEngine]}`;
  return new CommandFailure(code, `${where}${resource === undefined ? "" : `, resource ${resource}`}: ${message}`);
}
