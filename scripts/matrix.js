// Every suite of the grant model and of migrations on every supported server: `node scripts/matrix.js [server …] [--jobs n] [--only migrations]`. Needs a build.
const { spawn } = require("node:child_process");
const { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync } = require("node:fs");
const { availableParallelism } = require("node:os");
const { join } = require("node:path");

const root = join(__dirname, "..");
const out = join(root, "dist", "matrix");
const engineTests = join("tests", "provisioner");
/** Each server with the file that runs the suites of its engine. */
const servers = {
  "postgresql@13": join(engineTests, "postgresql", "postgresql13.test.ts"),
  "postgresql@14": join(engineTests, "postgresql", "postgresql14.matrix.ts"),
  "postgresql@15": join(engineTests, "postgresql", "postgresql15.test.ts"),
  "postgresql@16": join(engineTests, "postgresql", "postgresql16.test.ts"),
  "postgresql@17": join(engineTests, "postgresql", "postgresql17.test.ts"),
  "postgresql@18": join(engineTests, "postgresql", "postgresql18.test.ts"),
  "mysql@8.0": join(engineTests, "mysql", "mysql80.test.ts"),
  "mysql@9.7": join(engineTests, "mysql", "mysql97.test.ts"),
  "mariadb@10.11": join(engineTests, "mysql", "mariadb.test.ts"),
};
const suites = [
  "tests/reconcile/*.test.ts",
  "tests/rules/*.test.ts",
  "tests/model/*.test.ts",
  "tests/fuzz/*.test.ts",
  ...["corpus", "killed", "postgresql", "mysql", "mysql-limits", "operations", "others"].map(
    (suite) => `tests/migrations/${suite}.test.ts`,
  ),
];
/** It compares two versions that it names itself. */
const otherVersions = "bad input that depends on the server's settings and version";

async function install(specs) {
  const { installServer, parseServerSpec } = require(join(root, "dist", "local", "servers"));
  for (const spec of specs) await installServer(parseServerSpec(spec), (line) => console.log(`  ${line}`));
}

/** `--only` takes those whose path has the word in it. */
const suitesOf = (spec, only) => [servers[spec], ...suites].filter((suite) => suite.includes(only));

function runOn(spec, only) {
  const report = join(out, `${spec}.json`);
  const log = createWriteStream(join(out, `${spec}.log`));
  const mocha = require.resolve("mocha/bin/mocha.js");
  const reporting = ["--reporter", "json", "--reporter-option", `output=${report}`];
  const started = Date.now();
  rmSync(report, { force: true });
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [mocha, ...suitesOf(spec, only), ...reporting, "--grep", otherVersions, "--invert"],
      { cwd: root, env: { ...process.env, DB_ACCESS_SERVERS: spec }, stdio: ["ignore", "pipe", "pipe"] },
    );
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.on("exit", (code) => {
      log.end();
      const { passes, failures } = existsSync(report)
        ? JSON.parse(readFileSync(report, "utf8"))
        : { passes: [], failures: [{ fullTitle: `the run ended with code ${code}; see ${log.path}`, err: {} }] };
      resolve({ spec, passes, failures, seconds: Math.round((Date.now() - started) / 1000) });
    });
  });
}

function say({ spec, passes, failures, seconds }) {
  console.log(
    `${spec.padEnd(14)} ${String(passes.length).padStart(4)} passed, ${failures.length} failed, ${seconds} s`,
  );
  for (const { fullTitle, err } of failures) console.log(`  ✗ ${fullTitle}\n    ${String(err.message).split("\n")[0]}`);
}

async function main(args) {
  const at = args.indexOf("--jobs");
  const jobs = at < 0 ? Math.max(1, Math.floor(availableParallelism() / 2)) : Number(args[at + 1]);
  const only = args.includes("--only") ? args[args.indexOf("--only") + 1] : "";
  const named = args.filter((arg) => arg in servers);
  const specs = named.length === 0 ? Object.keys(servers) : named;
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  mkdirSync(out, { recursive: true });
  await install(specs);
  const left = [...specs];
  const results = [];
  const worker = async () => {
    for (let spec = left.shift(); spec !== undefined; spec = left.shift()) {
      const result = await runOn(spec, only);
      results.push(result);
      say(result);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  const failed = results.filter(({ passes, failures }) => failures.length > 0 || passes.length === 0);
  console.log(`\n${results.length} servers, ${failed.length} with failures.`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
