import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { startAwsPlugin, type RunningPlugin } from "../../local/aws-plugin";
import { cacheDirectory } from "../../local/cache";
import { run } from "../../local/servers/command";
import { checkout, Engine } from "../support/engine";
import { byHand, startWorld, testDirectory, type World } from "../support/world";
import { javascript, makesProvisioner, readsProvisioner, typescript } from "./programs";
import { installedIn, printed } from "./tree";

interface Manifest {
  version: string;
  devDependencies: Record<string, string>;
}

const manifest = JSON.parse(readFileSync(path.join(checkout, "package.json"), "utf8")) as Manifest;
const pinned = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, manifest.devDependencies[name]]));

type Files = Record<string, string | object>;

function write(folder: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  }
}

/** Peers that are installed only where a project asks for them. */
const optional = ["@pulumi/aws", "libpg-query", "dt-sql-parser"];

const npmInstall = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];

describe("the published package", function () {
  // Five installations; slow only while the registry's packages are not in npm's and pnpm's caches.
  this.timeout(300_000);
  let world: World;
  let plugin: RunningPlugin;
  let directory: string;
  let tarball: string;
  let contents: string[];
  const times: string[] = [];

  const timed = async (what: string, program: string, args: string[], cwd: string): Promise<string> => {
    const begun = Date.now();
    const printed = await run(program, args, { cwd, timeoutMs: 240_000 });
    times.push(`${what} ${((Date.now() - begun) / 1000).toFixed(1)} s`);
    return printed;
  };

  /** The project's own copy of the package makes what the program says, reads it and removes it. */
  const works = async (folder: string, username: string): Promise<void> => {
    const engine = await Engine.start({
      program: { folder },
      env: { ...world.stack.env(), ...plugin.env },
      config: { "aws:region": world.stack.region },
    });
    const logins = () => byHand(world, undefined, `SELECT 1 FROM pg_roles WHERE rolname = '${username}'`);
    try {
      const { changes } = await engine.up();
      assert.equal((await logins()).length, 1);
      assert.deepEqual((await engine.refresh()).changes, { same: changes.create });
      await engine.destroy();
      assert.equal((await logins()).length, 0);
    } finally {
      await engine.stop();
    }
  };

  before(async () => {
    directory = testDirectory();
    world = await startWorld("postgresql@17");
    plugin = await startAwsPlugin(world.stack, directory);
    const pack = ["pack", "--ignore-scripts", "--json", "--loglevel=error", "--pack-destination", directory];
    const [packed] = JSON.parse(await timed("npm pack", "npm", pack, checkout)) as { files: { path: string }[] }[];
    contents = packed.files.map((file) => file.path);
    tarball = `file:${path.join(directory, `pulumi-db-access-${manifest.version}.tgz`)}`;
  });
  after(async () => {
    await plugin?.stop();
    await world?.stop();
    rmSync(directory, { recursive: true, force: true });
    console.log(`      ${times.join(", ")}`);
  });

  it("holds what is needed and nothing that a build or a test has left behind", () => {
    for (const file of [
      "dist/components/index.js",
      "dist/components/index.d.ts",
      "dist/bundle/provisioner.zip",
      "dist/bundle/NOTICES.md",
      "LICENSE",
    ])
      assert.ok(contents.includes(file), file);
    const left = contents.filter((file) => /\.(map|tsbuildinfo|txt)$|(^|\/)tests?\/|(?<!\.d)\.ts$/.test(file));
    assert.deepEqual(left, []);
  });

  it("brings few packages, no database driver and no build tool", async () => {
    const folder = path.join(directory, "alone");
    write(folder, { "package.json": { dependencies: { "pulumi-db-access": tarball } } });
    // Without the peer, which every Pulumi program has already.
    await timed("npm alone", "npm", [...npmInstall, "--omit=dev", "--legacy-peer-deps"], folder);
    const installed = installedIn(folder);
    for (const line of printed(installed)) console.log(`      ${line}`);
    const names = installed.map(({ name }) => name);
    const unwanted =
      /^(pg(-.*)?|mysql2?|mariadb|kysely|libpg-query|dt-sql-parser|antlr4ng|ldapts|esbuild|@esbuild\/.*|typescript|fflate|@pulumi\/.*)$/;
    assert.deepEqual(
      names.filter((name) => unwanted.test(name)),
      [],
    );
    assert.ok(names.includes("pulumi-db-access"));
    assert.ok(names.length <= 80, `${names.length} packages`);
    const bytes = installed.reduce((sum, one) => sum + one.bytes, 0);
    assert.ok(bytes <= 40e6, `${bytes} bytes`);
  });

  it("looks at migrations once the parser is there, and says so where it is not", async () => {
    const folder = path.join(directory, "alone");
    write(folder, { "migrations/0001_a.sql": "DROP TABLE a;\n" });
    for (const [engine, parser] of [
      ["postgresql", "libpg-query"],
      ["mysql", "dt-sql-parser"],
    ]) {
      const command = path.join("node_modules", ".bin", "db-access");
      const lint = (): Promise<string> => run(command, ["migrate", "lint", "--engine", engine], { cwd: folder });
      const installs = `npm install --save-dev ${parser}@${manifest.devDependencies[parser]}`;
      await assert.rejects(
        lint(),
        (error: Error) => error.message.includes(`ParserMissing: `) && error.message.includes(installs),
      );
      const [, ...args] = installs.split(" ");
      await timed(parser, "npm", [...args, ...npmInstall.slice(1), "--legacy-peer-deps"], folder);
      await assert.rejects(lint(), /finding: 0001_a\.sql \(line 1\) drops a table/);
    }
  });

  it("works in an npm workspace", async () => {
    const root = path.join(directory, "workspace");
    const dependencies = { "pulumi-db-access": tarball, ...pinned("@pulumi/pulumi", "typescript") };
    write(root, {
      "package.json": { private: true, workspaces: ["infra"] },
      "infra/package.json": { name: "infra", version: "1.0.0", dependencies },
      "infra/Pulumi.yaml": { name: "workspace", runtime: "nodejs", main: "index.ts" },
      "infra/index.ts": typescript(readsProvisioner("in_workspace")),
    });
    await timed("npm workspace", "npm", npmInstall, root);
    const names = installedIn(root).map(({ name }) => name);
    assert.deepEqual(
      optional.filter((name) => names.includes(name)),
      [],
    );
    await works(path.join(root, "infra"), "in_workspace");
  });

  it("works in a pnpm project, for logins alone and, with @pulumi/aws and the parsers, with all that needs them", async () => {
    const folder = path.join(directory, "pnpm");
    const dependencies = { "pulumi-db-access": tarball, ...pinned("@pulumi/pulumi", "typescript") };
    const store = path.join(cacheDirectory(), "pnpm-store");
    // Where CI is set, pnpm keeps to a lock file by default, and the second installation adds a package.
    const plain = ["--no-frozen-lockfile", "--reporter=append-only"];
    const args = ["install", "--prefer-offline", "--ignore-scripts", ...plain, `--store-dir=${store}`];
    const install = (what: string) =>
      timed(what, "npm", ["exec", "--yes", "--prefer-offline", "pnpm@10", "--", ...args], folder);
    write(folder, {
      "package.json": { private: true, dependencies },
      "Pulumi.yaml": {
        name: "pnpm",
        runtime: { name: "nodejs", options: { packagemanager: "pnpm" } },
        main: "index.ts",
      },
      "index.ts": typescript(readsProvisioner("in_pnpm")),
    });
    await install("pnpm");
    // Where nothing but a package's own dependencies can be resolved, its declarations must do with those.
    const tsc = path.join(folder, "node_modules", "typescript", "bin", "tsc");
    const options = ["--noEmit", "--strict", "--target", "es2022", "--module", "node16"];
    await timed("tsc", process.execPath, [tsc, ...options, "index.ts"], folder);
    await works(folder, "in_pnpm");
    const unasked = readdirSync(path.join(folder, "node_modules", ".pnpm"))
      .map((name) => name.replace("+", "/"))
      .filter((name) => optional.some((one) => name.startsWith(`${one}@`)));
    assert.deepEqual(unasked, []);
    write(folder, {
      "package.json": { private: true, dependencies: { ...dependencies, ...pinned(...optional) } },
      "index.ts": typescript(makesProvisioner(world, "pnpm", "made_in_pnpm")),
      "migrations/0001_a.sql": "DROP TABLE a;\n",
    });
    await install("pnpm with the optional peers");
    await works(folder, "made_in_pnpm");
    // Peers lie beside the package; where pnpm hoists nothing, what is not there is not found.
    const beside = path.join(realpathSync(path.join(folder, "node_modules", "pulumi-db-access")), "..");
    for (const name of optional) assert.ok(existsSync(path.join(beside, name)), name);
    for (const engine of ["postgresql", "mysql"])
      await assert.rejects(
        run(path.join("node_modules", ".bin", "db-access"), ["migrate", "lint", "--engine", engine], { cwd: folder }),
        /finding: 0001_a\.sql \(line 1\) drops a table/,
      );
  });

  it("works in plain JavaScript, without TypeScript, with a provisioner of its own", async () => {
    const folder = path.join(directory, "plain");
    const dependencies = { "pulumi-db-access": tarball, ...pinned("@pulumi/pulumi", "@pulumi/aws") };
    write(folder, {
      "package.json": { private: true, dependencies },
      "Pulumi.yaml": { name: "plain", runtime: "nodejs", main: "index.js" },
      "index.js": javascript(makesProvisioner(world, "plain", "in_plain")),
    });
    await timed("npm with @pulumi/aws", "npm", npmInstall, folder);
    const help = await run("npx", ["--no-install", "db-access", "--help"], { cwd: folder });
    assert.match(help, /local/);
    await works(folder, "in_plain");
  });
});
