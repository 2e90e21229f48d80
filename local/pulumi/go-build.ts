import * as fs from "node:fs";
import * as path from "node:path";

import { cacheEntry, cached, type Progress } from "../cache";
import { findOnPath, run } from "../servers/command";
import type { PulumiCli } from "./path";

interface GoProgram {
  name: string;
  module: string;
  version: string;
  package: string;
}

/** The module proxy does not serve every version: these two are served, build, and work together. */
const cli: GoProgram = {
  name: "pulumi",
  module: "github.com/pulumi/pulumi/pkg/v3",
  version: "v3.220.0",
  package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
};
const nodeHost: GoProgram = {
  name: "pulumi-language-nodejs",
  module: "github.com/pulumi/pulumi/sdk/v3",
  version: "v3.50.0",
  package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
};
const minimumGo = 24;

/** The CLI without its installer, for machines that reach only package registries: built once, from source. */
export async function pulumiFromGo(progress: Progress): Promise<PulumiCli> {
  const version = cli.version.slice(1);
  const fill = async (directory: string) => {
    await requireGo();
    progress(`building the Pulumi CLI ${version} with Go: about three minutes, once per machine`);
    await build(cli, directory);
    progress(`building the Node.js host ${nodeHost.version.slice(1)} of the Pulumi CLI`);
    await build(nodeHost, directory);
    copyProviderScript(directory);
  };
  return { directory: await cached("pulumi", entryName, fill, progress), version };
}

export function goBuildIsCached(): boolean {
  return cacheEntry("pulumi", entryName) !== undefined;
}

const entryName = `go-${cli.version.slice(1)}-${nodeHost.version.slice(1)}-${process.platform}-${process.arch}`;

async function requireGo(): Promise<void> {
  const go = findOnPath("go");
  if (!go) throw new Error("go is not on PATH");
  const found = (await run(go, ["env", "GOVERSION"])).trim();
  const minor = Number(/^go1\.(\d+)/.exec(found)?.[1] ?? 0);
  if (minor < minimumGo) throw new Error(`Go 1.${minimumGo} or newer is needed, and this is ${found}`);
}

/** A module with one requirement: `go install PACKAGE@VERSION` also probes module paths the proxy does not know. */
async function build(program: GoProgram, directory: string): Promise<void> {
  const source = path.join(directory, `source-${program.name}`);
  fs.mkdirSync(source);
  fs.writeFileSync(
    path.join(source, "go.mod"),
    `module build\n\ngo 1.24\n\nrequire ${program.module} ${program.version}\n`,
  );
  // Without a version the Automation API refuses the CLI.
  const version = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${program.version}`;
  const output = path.join(directory, program.name);
  const env = { ...process.env, GOWORK: "off", GOFLAGS: "" };
  await run("go", ["build", "-mod=mod", "-ldflags", version, "-o", output, program.package], { cwd: source, env });
  fs.rmSync(source, { recursive: true });
}

/** The provider of dynamic resources is a script inside the SDK, not a program of its own. */
function copyProviderScript(directory: string): void {
  const sdk = path.dirname(require.resolve("@pulumi/pulumi/package.json"));
  const script = path.join(directory, "pulumi-resource-pulumi-nodejs");
  fs.copyFileSync(path.join(sdk, path.basename(script)), script);
  fs.chmodSync(script, 0o755);
}
