// Mocha's own spec reporter, and at the end one line for people and machines: counts and the servers that really ran.
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { reporters } = require("mocha");

const dist = join(__dirname, "..", "dist");

function servers() {
  const file = join(dist, "test-servers.txt");
  if (!existsSync(file)) return "no server was started";
  return [...new Set(readFileSync(file, "utf8").trim().split("\n"))].sort().join(", ");
}

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once("end", () => {
      const { passes, failures } = this.stats;
      const skipped = process.env.DB_ACCESS_SKIP_ENGINES;
      const lines = [
        `Servers: ${servers()}${skipped === undefined || skipped === "" ? "" : `; skipped by DB_ACCESS_SKIP_ENGINES: ${skipped}`}`,
        `${passes} passed, ${failures} failed`,
        "",
      ];
      writeFileSync(join(dist, "test-summary.txt"), lines.join("\n"));
      console.log(lines.join("\n"));
    });
  }
};
