import { z } from "zod";
import {
  DbAccessError,
  familyOf,
  migrationId,
  migrationSchema,
  type MigrationFile,
  type MigrationStatus,
  type ProvisionerRef,
} from "../../provisioner/protocol";
import type { MigrationCall } from "../client";
import { manifestOf, packed, readMigrations } from "../migration-folder";
import { withProgress } from "../migration-progress";
import type { CheckResult } from "./check";
import type { DiffResult } from "./diff";
import { InitialisationError, LifecycleError } from "./failure";
import { endOrForget } from "./forget";
import type { Lifecycle, Surroundings } from "./lifecycle";
import { failureWords, ranWords, removalWords } from "./migration-words";
import { refProblems, type Failure } from "./shape";
import {
  hasUnknown,
  PROVIDER_KEY,
  recordToWire,
  REMOVAL_KEY,
  sameWire,
  valueAt,
  withoutNulls,
  type Properties,
} from "./wire";

/** What the program says, without what every resource has. `files` is made from `directory` by the class. */
const inputsSchema = z.strictObject({
  ...migrationSchema.shape,
  directory: z.string().min(1),
  files: z.record(z.string(), z.string()),
  /** What becomes of the files' work when the resource goes. */
  onDestroy: z.enum(["retain", "down", "forget"]),
});

export const defaultHistoryTable = "db_access_migrations";

const defaults = {
  historyTable: defaultHistoryTable,
  order: "strict",
  resolve: {},
  onChecksumMismatch: "error",
  lint: "refuse",
  onDestroy: "retain",
} as const;

const inputNames = Object.keys(inputsSchema.shape);
const identity = [["provisioner", "cluster"], ["database"], ["historyTable"]] as const;

const inputsOf = (properties: Properties): Properties => {
  const given = withoutNulls(properties) as Properties;
  return {
    ...defaults,
    ...Object.fromEntries(inputNames.filter((name) => given[name] !== undefined).map((name) => [name, given[name]])),
  };
};

const whole = (properties: Properties): Properties =>
  recordToWire({
    provisioner: withoutNulls(properties.provisioner),
    ownerKey: properties.ownerKey,
    ...inputsOf(properties),
    [REMOVAL_KEY]: removalWords(inputsOf(properties)),
  });

function check(news: Properties): CheckResult {
  const failures: Failure[] = refProblems(withoutNulls(news.provisioner));
  const inputs = inputsOf(news);
  if (!hasUnknown(inputs)) {
    const unknown = Object.keys(withoutNulls(news) as Properties).filter(
      (name) => ![...inputNames, ...reserved].includes(name),
    );
    for (const property of unknown)
      failures.push({ property, reason: `${property} is not an argument of DbMigration.` });
    const { error } = inputsSchema.safeParse(inputs);
    for (const issue of error?.issues ?? []) {
      const property = issue.path.join(".");
      failures.push({ property, reason: `${property}: ${issue.message}` });
    }
  }
  return { inputs: { ...whole(news), [PROVIDER_KEY]: news[PROVIDER_KEY] } as Properties, failures };
}

/** Set by the class and not by whoever writes the program. */
const reserved = ["provisioner", "ownerKey", PROVIDER_KEY, REMOVAL_KEY, "applied", "pending", "drift"];

function diff(olds: Properties, news: Properties): DiffResult {
  const [before, after] = [whole(olds), whole(news)];
  const replaces = identity
    .filter((path) => {
      const [a, b] = [valueAt(before, path), valueAt(after, path)];
      return a !== undefined && !hasUnknown(a) && !hasUnknown(b) && !sameWire(a, b);
    })
    .map(([first]) => first);
  return { changes: replaces.length > 0 || hasUnknown(after) || !sameWire(before, after), replaces };
}

interface Prepared {
  ref: ProvisionerRef;
  inputs: z.infer<typeof inputsSchema>;
  owner: string;
  /** Whose it was, where this is the same resource under another owner. */
  previousOwner?: string;
}

function prepare(properties: Properties): Prepared {
  const problems = refProblems(withoutNulls(properties.provisioner));
  const parsed = inputsSchema.safeParse(inputsOf(properties));
  if (problems.length > 0 || !parsed.success) {
    const words = [...problems.map(({ reason }) => reason), ...(parsed.success ? [] : [z.prettifyError(parsed.error)])];
    throw new LifecycleError(new DbAccessError("InvalidInput", words.join(" ")));
  }
  return {
    ref: withoutNulls(properties.provisioner) as ProvisionerRef,
    inputs: parsed.data,
    owner: String(properties.ownerKey),
  };
}

/** Of a program's properties, for its preview. */
export const plannedCall = (properties: Properties, texts: string): MigrationCall =>
  callOf(prepare(properties), "plan", texts);

/** What a request says beside the texts. */
const callOf = (
  { inputs: { files, ...inputs }, owner, previousOwner }: Prepared,
  operation: MigrationCall["operation"],
  texts?: string,
): MigrationCall => ({
  operation,
  owner,
  ...(previousOwner === undefined ? {} : { previousOwner }),
  // Where the files lie is the program's business.
  migration: migrationSchema.strip().parse(inputs),
  files: Object.entries(files).map(([name, sha256]) => ({ name, sha256 })),
  ...(texts === undefined ? {} : { texts }),
});

const isThere = (state: MigrationStatus["history"][number]["state"]): boolean =>
  state !== "applying" && state !== "failed";

/** The files that the database has, as far as the folder goes: what runs, and never what checks or takes back. */
function recorded({ history }: MigrationStatus, files: Record<string, string>): Record<string, string> {
  const there = new Map(history.filter(({ state }) => isThere(state)).map(({ name, sha256 }) => [name, sha256]));
  const beside = Object.entries(files).filter(([name]) => /\.(down|verify)\.sql$/.test(name));
  return Object.fromEntries([...beside, ...there]);
}

const outputs = (status: MigrationStatus, drift: string[]): Properties => ({
  applied: status.history
    .filter(({ state }) => isThere(state))
    .map(({ name }) => name)
    .sort(),
  pending: status.pending,
  drift,
});

export function migrationLifecycle(surroundings: Surroundings): Lifecycle {
  const ask = (prepared: Prepared, call: MigrationCall): Promise<MigrationStatus> =>
    surroundings
      .client()
      .migrations(prepared.ref, call)
      .catch((error: unknown) => {
        throw error instanceof DbAccessError ? new LifecycleError(error) : error;
      });

  /** What one invocation has no time for, the next one goes on with; one that gets nowhere would for ever. */
  async function untilDone(
    prepared: Prepared,
    operation: "apply" | "down",
    found: readonly MigrationFile[],
  ): Promise<MigrationStatus> {
    const call = callOf(prepared, operation, packed(found));
    const look = callOf(prepared, "plan");
    for (;;) {
      const status = await withProgress(
        () => ask(prepared, call),
        () => ask(prepared, look),
        (line) => surroundings.tell(line),
      );
      for (const { name, kind, ms } of status.ran) surroundings.tell(ranWords(name, kind, ms));
      if (status.failure !== undefined || !status.incomplete) return status;
      if (status.ran.length === 0)
        throw new LifecycleError(
          new DbAccessError(
            "DeadlineExceeded",
            `${status.pending[0] ?? "The next file"} was not begun in time; run it again.`,
          ),
        );
    }
  }

  async function apply(id: string, properties: Properties, previousOwner?: string): Promise<Properties> {
    const prepared: Prepared = { ...prepare(properties), previousOwner };
    const { files } = prepared.inputs;
    const status = await untilDone(prepared, "apply", filesAsRead(prepared));
    const { failure } = status;
    if (failure !== undefined) {
      const props = { ...whole(properties), files: recorded(status, files), ...outputs(status, []) };
      throw new InitialisationError(failureWords(failure), id, {
        ...recordToWire(props),
        [PROVIDER_KEY]: properties[PROVIDER_KEY],
      });
    }
    return recordToWire({ ...whole(properties), ...outputs(status, []) });
  }

  /** A claim ends; what the files have made stays, goes, or is only forgotten. */
  async function end(properties: Properties): Promise<void> {
    const prepared = prepare(properties);
    const { onDestroy } = prepared.inputs;
    if (onDestroy !== "down") {
      await ask(prepared, callOf(prepared, onDestroy));
      return;
    }
    const { failure } = await untilDone(prepared, "down", filesAsRead(prepared));
    if (failure !== undefined) throw new LifecycleError(new DbAccessError("MigrationFailed", failureWords(failure)));
  }

  return {
    check: (_olds, news) => check(news),

    diff: (_id, olds, news) => diff(olds, news),

    async create(inputs) {
      const { ref, inputs: known } = prepare(inputs);
      const id = migrationId(familyOf(ref.engine), ref.cluster, known.database, known.historyTable);
      return { id, outs: await apply(id, inputs) };
    },

    async update(id, olds, news) {
      const before = olds.ownerKey;
      const handOver = typeof before === "string" && before !== "" && before !== news.ownerKey;
      return { outs: await apply(id, news, handOver ? before : undefined) };
    },

    async read(id, state) {
      const prepared = prepare(state);
      const status = await ask(prepared, callOf(prepared, "plan")).catch((error: unknown) => {
        if (error instanceof DbAccessError && error.code === "ObjectMissing" && error.property === "database")
          return undefined;
        throw error;
      });
      if (status === undefined) return { id: "", props: {} };
      const drift = [
        ...status.blocks.map(({ words }) => words),
        ...status.pending.map((name) => `${name} has not run`),
      ];
      const props = { ...whole(state), files: recorded(status, prepared.inputs.files) };
      return { id, props: recordToWire({ ...props, ...outputs(status, drift) }), inputs: recordToWire(props) };
    },

    delete: (id, state) => endOrForget(id, state, surroundings, () => end(state)),
  };
}

/** The folder, where it still is what the program has read. */
function filesAsRead({ inputs: { directory, files } }: Prepared): MigrationFile[] {
  const found = readMigrations(directory);
  if (sameWire(manifestOf(found), files)) return found;
  throw new LifecycleError(
    new DbAccessError(
      "MigrationRefused",
      `The files in ${directory} have changed since the program read them; run it again.`,
    ),
  );
}
