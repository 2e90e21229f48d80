// Runs that are killed, and what the next one makes of it: `node scripts/kills.js [options]`. Needs a build.
const { spawnSync } = require("node:child_process");
const { join } = require("node:path");

const root = join(__dirname, "..");

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
// The harness is a part of the tests, which are not compiled. An interrupt reaches it too, and it ends its servers.
process.on("SIGINT", () => undefined);
const { status } = spawnSync(
  process.execPath,
  [
    "-r",
    "ts-node/register/transpile-only",
    join(root, "tests", "migrations", "killed-main.ts"),
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: "inherit" },
);
process.exitCode = status ?? 1;
