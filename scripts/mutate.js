// For every rule of the grant model: changes one line of the code and demands that the rule's own test notices.
// `node scripts/mutate.js [--rule N …]`. Needs a build. The list is tests/mutations/rules.json.
const { spawnSync } = require("node:child_process");
const { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join, relative, sep } = require("node:path");

const root = join(__dirname, "..");
const all = require(join(root, "tests", "mutations", "rules.json"));
const left = ["node_modules", ".git", "coverage"];

function wanted(args) {
  const rules = args.flatMap((arg, at) => (arg === "--rule" ? [Number(args[at + 1])] : []));
  return rules.length === 0 ? all : all.filter(({ rule }) => rules.includes(rule));
}

/** The tree without what is big; the modules are shared. */
function copyTree() {
  const copy = mkdtempSync(join(tmpdir(), "db-access-mutants-"));
  cpSync(root, copy, {
    recursive: true,
    filter: (path) => !left.includes(relative(root, path).split(sep)[0]),
  });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "dir");
  return copy;
}

/** The text with the one line changed, which has to be there exactly once. Indentation stays. */
function mutated(text, { file, line, replacement }) {
  const lines = text.split("\n");
  const places = lines.flatMap((candidate, at) => (candidate.trim() === line ? [at] : []));
  if (places.length !== 1) throw new Error(`${file} has the line ${places.length} times: ${line}`);
  const [at] = places;
  lines[at] = lines[at].slice(0, lines[at].indexOf(line)) + replacement;
  return lines.join("\n");
}

/** Builds the provisioner and runs the test; resolves with the titles that passed and those that failed. */
function run(copy, { test, grep }) {
  const bundle = spawnSync(process.execPath, [join(copy, "scripts", "bundle.js")], { cwd: copy, encoding: "utf8" });
  if (bundle.status !== 0) throw new Error(`The provisioner cannot be built: ${bundle.stderr.trim()}`);
  const report = join(copy, "dist", "mutant.json");
  rmSync(report, { force: true });
  spawnSync(
    process.execPath,
    [require.resolve("mocha/bin/mocha.js"), "--exit", test, "-g", grep, "--reporter", "json", "--reporter-option", `output=${report}`],
    { cwd: copy, stdio: "ignore" },
  ); // prettier-ignore
  const { passes, failures } = JSON.parse(readFileSync(report, "utf8"));
  const titles = (tests) => tests.map(({ fullTitle }) => fullTitle);
  return { passed: titles(passes), failed: titles(failures) };
}

const isHook = (title) => /"(before|after)/.test(title);

function verdictOf(copy, mutation, baseline) {
  const named = (titles) => titles.filter((title) => !isHook(title) && title.includes(mutation.noticedBy));
  if (named(baseline.passed).length === 0) return "no such test passes without the mutation";
  const path = join(copy, mutation.file);
  const original = readFileSync(path, "utf8");
  try {
    writeFileSync(path, mutated(original, mutation));
    return named(run(copy, mutation).failed).length > 0 ? "noticed" : "SURVIVED";
  } finally {
    writeFileSync(path, original);
  }
}

function main() {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const mutations = wanted(process.argv.slice(2));
  const rules = new Set(mutations.map(({ rule }) => rule));
  for (const mutation of mutations) mutated(readFileSync(join(root, mutation.file), "utf8"), mutation);
  const copy = copyTree();
  process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
  const baselines = new Map();
  let bad = 0;
  for (const mutation of mutations) {
    const key = `${mutation.test} ${mutation.grep}`;
    if (!baselines.has(key)) baselines.set(key, run(copy, mutation));
    const verdict = verdictOf(copy, mutation, baselines.get(key));
    if (verdict !== "noticed") bad += 1;
    console.log(`${String(mutation.rule).padStart(4)}  ${verdict.padEnd(10)}  ${mutation.name}`);
  }
  console.log(`\n${mutations.length} mutants of ${rules.size} rules, ${bad} not noticed.`);
  process.exitCode = bad === 0 ? 0 : 1;
}

try {
  main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
