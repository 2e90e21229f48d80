import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import type { Finding } from "./issues";
import type { PropertyPath } from "./problem";

/** Looks at whatever is there: these checks also run over a file that the schema has refused, to tell all at once. */
type Lookup = (path: PropertyPath) => unknown;

export function semanticFindings(at: Lookup, directory: string): Finding[] {
  const count = listLength(at(["targets"]));
  const targets = Array.from({ length: count }, (_, index): PropertyPath => ["targets", index]);
  return [
    ...repeated(at, targets),
    ...[["defaults"], ...targets].flatMap((place) => provisionerFindings(at, [...place, "provisioner"])),
    ...programFindings(at, directory),
    ...backendFindings(at, directory),
  ];
}

const listLength = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

function repeated(at: Lookup, targets: readonly PropertyPath[]): Finding[] {
  const names = new Map<string, number>();
  const stacks = new Map<string, number>();
  const found: Finding[] = [];
  const once = (seen: Map<string, number>, path: PropertyPath, value: string, index: number, what: string): void => {
    const first = seen.get(value);
    if (first === undefined) seen.set(value, index);
    else {
      const message = `${JSON.stringify(value)} is the ${what} of targets[${first}] already; every target needs its own`;
      found.push({ path, message, atKey: false });
    }
  };
  targets.forEach((target, index) => {
    const name = at([...target, "name"]);
    const stack = at([...target, "stack"]);
    if (typeof name === "string") once(names, [...target, "name"], name, index, "name");
    if (typeof stack === "string") once(stacks, [...target, "stack"], stack, index, "stack");
    else if (typeof name === "string" && names.get(name) === index)
      once(stacks, [...target, "name"], name, index, "stack");
  });
  return found;
}

function provisionerFindings(at: Lookup, place: PropertyPath): Finding[] {
  const value = at(place);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  const given = value as Record<string, unknown>;
  const finding = (path: PropertyPath, message: string): Finding => ({ path, message, atKey: true });
  if (given.parameter !== undefined && given.ref !== undefined)
    return [finding([...place, "ref"], "parameter and ref are both given; keep one of them")];
  if (given.ref !== undefined)
    return ["region", "endpointUrl"]
      .filter((key) => given[key] !== undefined)
      .map((key) => finding([...place, key], `a ref carries its own ${key}; remove this one`));
  const inherited = place[0] === "defaults" || at(["defaults", "provisioner", "parameter"]) !== undefined;
  return given.parameter === undefined && !inherited
    ? [finding(place, 'neither parameter nor ref is given; for example parameter: "/db-access/orders"')]
    : [];
}

/** An empty folder in the place of a mistyped one would make every user of the fleet a new one. */
function backendFindings(at: Lookup, directory: string): Finding[] {
  const backend = at(["backend"]);
  const folder = typeof backend === "string" ? fileBackend(backend, directory) : undefined;
  if (folder === undefined || existsSync(folder)) return [];
  const message = `${JSON.stringify(backend)} is a folder that does not exist; correct it, or create it for a new fleet`;
  return [{ path: ["backend"], message, atKey: false }];
}

/** The folder of a `file://` backend; a relative one is beside the fleet file. Undefined for other backends. */
export function fileBackend(url: string, directory: string): string | undefined {
  const folder = /^file:\/\/((?:\.{1,2}(?:\/|$)|\/).*)$/.exec(url)?.[1];
  return folder === undefined ? undefined : path.resolve(directory, folder);
}

function programFindings(at: Lookup, directory: string): Finding[] {
  const program = at(["program"]);
  if (typeof program !== "string" || program === "") return [];
  const resolved = path.resolve(directory, program);
  const finding = (property: string, message: string): Finding => ({ path: [property], message, atKey: false });
  if (!existsSync(resolved)) return [finding("program", `${JSON.stringify(program)} does not exist; correct the path`)];
  const project = at(["project"]);
  if (!statSync(resolved).isDirectory())
    return project === undefined
      ? [finding("project", "is missing; a program given as a file needs the name of its project")]
      : [];
  const own = projectName(resolved);
  if (own === undefined)
    return [
      finding("program", `${JSON.stringify(program)} holds no Pulumi.yaml; name the program's entry file instead`),
    ];
  return typeof project === "string" && project !== own
    ? [
        finding(
          "project",
          `${JSON.stringify(project)} is not the project of ${program}/Pulumi.yaml, which is ${own}; remove it`,
        ),
      ]
    : [];
}

/** The `name` in the folder's Pulumi.yaml, or undefined without one. */
export function projectName(folder: string): string | undefined {
  const file = path.join(folder, "Pulumi.yaml");
  if (!existsSync(file)) return undefined;
  const settings: unknown = parse(readFileSync(file, "utf8"));
  const name = typeof settings === "object" && settings !== null ? (settings as { name?: unknown }).name : undefined;
  return typeof name === "string" ? name : undefined;
}
