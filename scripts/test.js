// Runs the test suite: `node scripts/test.js [spec …] [mocha options]`. Without a spec, everything.
// Servers and the Pulumi CLI are set up first, with progress, so that no test waits for a download.
const { spawnSync } = require("node:child_process");
const { existsSync, mkdirSync, readdirSync, rmSync } = require("node:fs");
const { availableParallelism } = require("node:os");
const { join } = require("node:path");

const root = join(__dirname, "..");
const specs = [
  "postgresql@13",
  "postgresql@15",
  "postgresql@16",
  "postgresql@17",
  "postgresql@18",
  "mysql@8.0",
  "mysql@9.7",
  "mariadb@10.11",
];
// Named by the person who runs the tests; what is left out is said at the end.
const skipped = (process.env.DB_ACCESS_SKIP_ENGINES ?? "").split(",").filter((name) => name !== "");

// What takes longest begins first, so that no worker is left alone with it at the end.
const longest = [
  "tests/rules/",
  "tests/model/",
  "tests/faults/",
  "tests/failures/",
  "tests/rotation/",
  "tests/credentials/",
  "tests/pulumi/",
  "tests/reconcile/",
];

function testFiles() {
  const order = (file) => {
    const place = longest.findIndex((folder) => file.startsWith(folder));
    return place < 0 ? longest.length : place;
  };
  return readdirSync(join(root, "tests"), { recursive: true })
    .map((file) => `tests/${file.split("\\").join("/")}`)
    .filter((file) => file.endsWith(".test.ts"))
    .sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
}

async function setUp() {
  const { installServer, parseServerSpec } = require(join(root, "dist", "local", "servers"));
  const { installDirectory } = require(join(root, "dist", "local", "directory"));
  const { ensurePulumi } = require(join(root, "dist", "local", "pulumi"));
  const say = (line) => console.log(`  ${line}`);
  console.log("Setting up servers and the Pulumi CLI (cached after the first time)");
  const pulumi = ensurePulumi(say);
  pulumi.catch(() => undefined);
  for (const text of specs) {
    const spec = parseServerSpec(text);
    if (skipped.includes(spec.engine)) continue;
    await installServer(spec, say);
  }
  if (!skipped.includes("slapd")) await installDirectory(say);
  await pulumi;
}

async function main() {
  // Node 20 is supported on purpose; the notice would repeat in every process of a test.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const given = process.argv.slice(2);
  const named = given.some((argument) => argument.endsWith(".ts"));
  rmSync(join(root, "dist", "test-servers.txt"), { force: true });
  mkdirSync(join(root, "dist"), { recursive: true });
  await setUp();
  const mocha = require.resolve("mocha/bin/mocha.js");
  // Each file starts servers of its own, on free ports. More workers than this would wait for the disk.
  const workers = Math.min(4, availableParallelism());
  const args = [
    mocha,
    "--reporter",
    join(__dirname, "reporter.js"),
    ...(named ? given : [...given, "--parallel", "--jobs", String(workers), ...testFiles()]),
  ];
  const summary = join(root, "dist", "test-summary.txt");
  rmSync(summary, { force: true });
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  // An interrupted run has no summary and may still end with 0.
  process.exitCode = existsSync(summary) ? (status ?? 1) : 1;
}

main().catch((error) => {
  console.error(
    `${error.message}\nSet DB_ACCESS_SKIP_ENGINES=mysql (or mariadb, or slapd) to run the tests without it.`,
  );
  process.exitCode = 1;
});
