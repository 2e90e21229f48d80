import { readFileSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse, stringify } from "yaml";
import { account, answerOf, idOf, region, stateOf, type Registered } from "../components/provisioner/support/graph";
import { examplesFolder } from "./world";

const place = { partition: "aws", region };

export interface Node extends Registered {
  /** The parent's name, where it is not the stack. */
  parent?: string;
}

/** What others have made and exported: outputs of stacks, by the stack's name. */
export type Stacks = Readonly<Record<string, Record<string, unknown>>>;

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
}
interface Monitor {
  registerResource(request: RegisterRequest, callback: unknown): unknown;
}

/** The fields of a database of RDS that a Provisioner reads. */
const rdsState = (name: string): Record<string, unknown> => ({
  address: `${name}.abc.${region}.rds.amazonaws.com`,
  port: 5432,
  resourceId: "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  masterUserSecrets: [
    {
      secretArn: `arn:aws:secretsmanager:${region}:${account}:secret:rds!db-1234-AbCdEf`,
      kmsKeyId: "",
      secretStatus: "active",
    },
  ],
});

function madeFrom(registered: Registered, stacks: Stacks): Record<string, unknown> {
  const { type, name, inputs } = registered;
  if (type === "pulumi:pulumi:StackReference")
    return { ...inputs, outputs: stacks[String(inputs.name)] ?? {}, secretOutputNames: [] };
  if (type === "aws:rds/instance:Instance") return { ...inputs, ...rdsState(name) };
  return { ...inputs, ...stateOf(registered, place) };
}

/** The values that the project's own settings give, besides what is configured. */
function defaultsOf(example: string): Record<string, unknown> {
  const file = example === "first-run" ? path.join("..", "Pulumi.yaml") : path.join(example, "Pulumi.yaml");
  let text: string;
  try {
    text = readFileSync(path.join(examplesFolder, file), "utf8");
  } catch {
    return {};
  }
  const { config = {} } = parse(text) as { config?: Record<string, { default?: unknown }> };
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, { default: value }]) => (value === undefined ? [] : [[key, value]])),
  );
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Runs an example against mocks, as the tests of the components do, and tells everything that it has registered. */
export async function graphOfExample(
  example: string,
  config: Record<string, unknown>,
  stacks: Stacks,
): Promise<Node[]> {
  const all: Node[] = [];
  const parents = new Map<string, string>();
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const registered = { type, name, inputs: inputs as Record<string, unknown> };
        all.push(registered);
        return { id: idOf(registered), state: madeFrom(registered, stacks) };
      },
      call: ({ token }) => answerOf(token, place),
    },
    example,
    "prod",
    false,
    "acme",
  );
  const values = { ...defaultsOf(example), ...config };
  pulumi.runtime.setAllConfig({
    "aws:region": region,
    ...Object.fromEntries(Object.entries(values).map(([key, value]) => [`${example}:${key}`, textOf(value)])),
  });
  // The mocks are not told of parents; the request has them.
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    const parent = request.getParent();
    if (parent !== "")
      parents.set(`${request.getType()} ${request.getName()}`, parent.slice(parent.lastIndexOf("::") + 2));
    return register(request, callback);
  };
  const file = require.resolve(path.join(examplesFolder, example, "index.ts"));
  delete require.cache[file];
  // A program runs in its own folder, and the engine's host waits for what it has promised.
  const here = process.cwd();
  process.chdir(path.dirname(file));
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const outputs = Object.values(require(file) as Record<string, unknown>);
    await Promise.all(outputs.filter((output) => output instanceof Promise));
  } finally {
    process.chdir(here);
  }
  await pulumi.runtime.disconnect();
  for (const node of all) node.parent = parents.get(`${node.type} ${node.name}`);
  const key = ({ name, type }: Node): string => `${name} ${type}`;
  return all.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Texts of JSON are shown as what they say, code by the name of its archive; the provider's own text is left out. */
function readable(key: string, value: unknown): unknown {
  if (key === "code") return "dist/bundle/provisioner.zip";
  if (typeof value !== "string" || !value.startsWith("{")) return value;
  return JSON.parse(value) as unknown;
}

/** The SDK wraps secrets before the engine, or a mock, sees them. */
export const unwrapped = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "4dabf18193072939515e22adb298388d" in value
    ? (value as { value?: unknown }).value
    : value;

/** Every login and grant has the whole ref of its provisioner: it is shown once, and named. */
class Refs {
  readonly all: Record<string, unknown> = {};
  private readonly names = new Map<string, string>();

  nameOf(ref: unknown): string {
    const text = JSON.stringify(ref);
    const known = this.names.get(text);
    if (known !== undefined) return known;
    const name = `ref ${this.names.size + 1}`;
    this.names.set(text, name);
    this.all[name] = ref;
    return name;
  }
}

export function snapshotOf(nodes: readonly Node[]): string {
  const refs = new Refs();
  const valueOf = (key: string, value: unknown): unknown =>
    key === "provisioner" ? refs.nameOf(value) : readable(key, unwrapped(value));
  const resources = nodes.map(({ type, name, parent, inputs }) => {
    const properties = Object.entries(inputs)
      .filter(([key]) => key !== "__provider")
      .map(([key, value]) => [key, valueOf(key, value)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      [`${name} (${type})`]: { ...(parent === undefined ? {} : { parent }), ...Object.fromEntries(properties) },
    };
  });
  const written = [...resources, ...Object.entries(refs.all).map(([name, ref]) => ({ [name]: ref }))];
  return stringify(written, { lineWidth: 0, aliasDuplicateObjects: false });
}
