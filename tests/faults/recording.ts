import { channels, isSame, type Call, type Fault, type Kind, type Trace } from "./gate";

/** Within one of them, one call comes after the other. */
const lanes = (["access", "rotate"] as const).flatMap((by) => channels.map((channel) => ({ by, channel })));
type Lane = (typeof lanes)[number];

const of = (calls: readonly Call[], { by, channel }: Lane): string[] =>
  calls.filter((call) => call.by === by && call.channel === channel).map(({ label }) => label);

/** The calls of a run without a fault: what can go wrong, and where. Recorded, never written by hand. */
export class Recording {
  constructor(readonly calls: readonly Call[]) {}

  /** Every call that can be named: by its label, and by how many of that label came before. */
  places(): (Call & { nth: number })[] {
    return this.calls.map((call, at) => ({
      ...call,
      nth: this.calls.slice(0, at + 1).filter((other) => isSame(call, other)).length,
    }));
  }

  /** What is not as recorded: up to its fault a run has to be this one. A warm process starts with nothing. */
  deviations({ calls, faultAt }: Trace): string[] {
    const until = calls.slice(0, faultAt === undefined ? undefined : faultAt + 1);
    return lanes.flatMap((lane) => {
      const [seen, known] = [of(until, lane), of(this.calls, lane)];
      const words = `${lane.by} ${lane.channel} call`;
      const at = seen.findIndex((label, index) => label !== known[index]);
      if (at >= 0) return [`a call that is not in the table: ${words} ${at + 1}, ${seen[at]}`];
      const isShort = faultAt === undefined && lane.channel !== "start" && seen.length < known.length;
      return isShort ? [`${words} ${seen.length + 1}, ${known[seen.length]}, did not come`] : [];
    });
  }

  /** Calls that are in no place of the table. */
  unknown(traces: readonly Trace[]): Call[] {
    const found: Call[] = [];
    for (const call of traces.flatMap(({ calls }) => calls))
      if (![...this.calls, ...found].some((other) => isSame(call, other))) found.push(call);
    return found;
  }
}

/** Which faults a run tries. */
export interface Selection {
  kinds: readonly Kind[];
  /** `at` is the place in the recording. */
  picks(fault: Fault, at: number): boolean;
}

/** Reading, taking locks and naming statements leave nothing that outlives a session. What begins a process counts too. */
const changesSomething = ({ channel, label }: Call): boolean =>
  channel === "start" ||
  (channel === "sql"
    ? label.split("; ").some((statement) => !/^(…|BEGIN|COMMIT|log in|PREPARE|SELECT|SET|SHOW|WITH)/.test(statement))
    : !/^(Describe|Get)/.test(label));

/**
 * A part that says nearly the same in less time. A process that ends after one call and one that ends before the next
 * have done the same, and so have two that end after different readings: of those, some are enough.
 */
export const brief: Selection = {
  kinds: ["exit", "drop"],
  picks: (fault, at) =>
    fault.kind === "exit"
      ? fault.when === "after" && (changesSomething(fault) || at % 12 === 0)
      : fault.when === (at % 2 === 0 ? "after" : "before") && (changesSomething(fault) || at % 6 === 3),
};
