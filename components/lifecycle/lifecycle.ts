import {
  claimId,
  DbAccessError,
  familyOf,
  removalWords,
  type Claim,
  type ClaimResult,
  type ErrorCode,
  type ProvisionerRef,
} from "../../provisioner/protocol";
import type { Asked, Client } from "../client/client";
import { problemsOf, withDefaults } from "./canonical";
import { check, type CheckResult } from "./check";
import { diff, type DiffResult } from "./diff";
import { InitialisationError, LifecycleError, resultError } from "./failure";
import { endOrForget } from "./forget";
import { kinds, toClaim, type Kind, type KindName } from "./kinds";
import { refProblems, shapeProblems, type Failure } from "./shape";
import { PROVIDER_KEY, recordToWire, REMOVAL_KEY, withoutNulls, type Properties } from "./wire";

/** What a dynamic provider's method hands on to. All over plain JSON. */
export interface Lifecycle {
  check(olds: Properties, news: Properties): CheckResult;
  diff(id: string, olds: Properties, news: Properties): DiffResult;
  create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
  read(id: string, state: Properties): Promise<{ id: string; props: Properties; inputs?: Properties }>;
  update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(id: string, state: Properties): Promise<void>;
}

export interface Surroundings {
  client(): Client;
  /** A line for the person who runs `pulumi`. */
  tell(line: string): void;
  env: NodeJS.ProcessEnv;
}

interface Prepared {
  ref: ProvisionerRef;
  owner: string;
  claim: Claim;
  inputs: Properties;
}

const invalid = (code: ErrorCode, failures: readonly Failure[]): LifecycleError =>
  new LifecycleError(new DbAccessError(code, failures.map(({ reason }) => reason).join(" ")));

/** Inputs of any age become a claim. Types are checked always; the rules of the engine only before something is made. */
function prepare(kind: Kind, properties: Properties, strict: boolean): Prepared {
  const inputs = withDefaults(kind, withoutNulls(properties) as Properties);
  const shape = [...refProblems(inputs.provisioner), ...shapeProblems(kind, inputs)];
  if (shape.length > 0) throw invalid("InvalidInput", shape);
  const ref = inputs.provisioner as ProvisionerRef;
  const problems = strict ? problemsOf(kind, inputs, ref.secretNamePrefixes) : [];
  if (problems.length > 0)
    throw invalid(
      problems[0].code,
      problems.map(({ property, message }) => ({ property, reason: `${property}: ${message}` })),
    );
  return { ref, owner: String(inputs.ownerKey), claim: toClaim(kind, inputs) as unknown as Claim, inputs };
}

const pick = (from: Properties, keys: readonly string[]): Properties =>
  Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));

const inputKeys = (kind: Kind): string[] => ["provisioner", "ownerKey", ...kind.helpers, ...kind.fields];

/** The six methods of one kind. `surroundings` is what they need of the process they run in. */
export function lifecycle(name: KindName, surroundings: Surroundings): Lifecycle {
  const kind = kinds[name];

  const outs = (prepared: Prepared, result: ClaimResult, drift: string[]): Properties =>
    recordToWire({
      ...pick(prepared.inputs, inputKeys(kind)),
      ...pick(result.outputs ?? {}, kind.outputs),
      [REMOVAL_KEY]: removalWords(prepared.claim),
      drift,
    });

  async function ask(prepared: Prepared, mode: Asked["mode"], rest: Partial<Asked["request"]>): Promise<ClaimResult> {
    const request = { action: "ensure" as const, owner: prepared.owner, claim: prepared.claim, ...rest };
    const result = await surroundings
      .client()
      .submit({ ref: prepared.ref, mode, request })
      .catch((error: unknown) => {
        throw error instanceof DbAccessError ? new LifecycleError(error) : error;
      });
    if (mode === "apply") for (const warning of result.warnings) surroundings.tell(`warning: ${warning}`);
    return result;
  }

  /** The thing is there although it is not what was asked for: state must know it, or nobody would ever remove it. */
  function settled(prepared: Prepared, result: ClaimResult, properties: Properties): ClaimResult {
    if (result.status !== "failed") return result;
    const error = resultError(result);
    if (result.id === undefined || result.changes.length === 0) throw error;
    throw new InitialisationError(error.message, result.id, {
      ...outs(prepared, result, []),
      [PROVIDER_KEY]: properties[PROVIDER_KEY],
    });
  }

  return {
    check: (olds, news) => check(kind, olds ?? {}, news),

    diff: (_id, olds, news) => diff(kind, olds, news),

    async create(inputs) {
      const prepared = prepare(kind, inputs, true);
      const result = settled(prepared, await ask(prepared, "apply", {}), inputs);
      const { engine, cluster } = prepared.ref;
      const id = result.id ?? claimId(familyOf(engine), cluster, prepared.claim, prepared.owner);
      return { id, outs: outs(prepared, result, []) };
    },

    async read(id, state) {
      const prepared = prepare(kind, state, false);
      const result = await ask(prepared, "read", { id });
      if (result.status === "failed" || result.status === "notAttempted") throw resultError(result);
      if (result.exists === false) return { id: "", props: {} };
      const drift = result.changes.map(({ words }) => words);
      const known = pick(state, kind.outputs);
      return {
        id,
        props: { ...known, ...outs(prepared, result, drift) },
        inputs: recordToWire({
          ...pick(prepared.inputs, inputKeys(kind)),
          [REMOVAL_KEY]: removalWords(prepared.claim),
        }),
      };
    },

    async update(id, olds, news) {
      const prepared = prepare(kind, news, true);
      const before = olds.ownerKey;
      const handOver = typeof before === "string" && before !== "" && before !== prepared.owner;
      const result = await ask(prepared, "apply", { id, ...(handOver ? { previousOwner: before } : {}) });
      return { outs: outs(prepared, settled(prepared, { ...result, id }, news), []) };
    },

    delete: (id, state) =>
      endOrForget(id, state, surroundings, async () => {
        const prepared = prepare(kind, state, false);
        const result = await ask(prepared, "apply", { id, action: "remove" });
        if (result.status === "failed" || result.status === "notAttempted") throw resultError(result);
      }),
  };
}
