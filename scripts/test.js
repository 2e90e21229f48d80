// Runs the test suite: `node scripts/test.js [spec …] [mocha options]`. Without a spec, everything.
const { spawnSync } = require("node:child_process");
const { join } = require("node:path");

const root = join(__dirname, "..");
const given = process.argv.slice(2);
const specs = given.some((argument) => !argument.startsWith("-")) ? given : [...given, "tests/**/*.test.ts"];
const mocha = require.resolve("mocha/bin/mocha.js");
const { status } = spawnSync(process.execPath, [mocha, ...specs], { cwd: root, stdio: "inherit" });
process.exit(status ?? 1);
