import { orphansOf, problemsOf } from "./end-state";
import { isSame, moments, type Call, type Fault, type Kind, type Trace } from "./gate";
import type { Place } from "./place";
import type { Names, Protocol, Step } from "./protocol";
import { Recording, type Selection } from "./recording";

/** How often the same is sent again before it counts as never ending. */
const repetitions = 3;

/** What a hanging call is met with: little time. Its calls are others, and recorded apart. */
const inShortTime = (kind: Kind): boolean => kind === "hang";

/** One case of the table. */
export interface Outcome {
  engine: string;
  protocol: string;
  fault: Fault;
  /** The fault before, when this one is met on the way back from it. */
  after?: Fault;
  /** How many runs there were until one said that it was done. */
  runs: number;
  milliseconds: number;
  /** Empty: it has converged. */
  problems: string[];
}

interface Ended {
  traces: Trace[];
  problems: string[];
}

interface Tried {
  names: Names;
  outcome: Outcome;
  traces: Trace[];
}

/** Runs protocols with faults, one case after the other, on one server. */
export class Harness {
  constructor(
    readonly place: Place,
    private readonly tell: (outcome: Outcome) => void = () => undefined,
  ) {}

  /** Every fault of the selection: at every recorded call, and at every call that is met only on the way back. */
  async run(protocol: Protocol, select: Selection, given?: Recording): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const short of [false, true]) {
      const some = select.kinds.filter((kind) => inShortTime(kind) === short);
      if (some.length > 0) outcomes.push(...(await this.runGroup(protocol, { ...select, kinds: some }, short, given)));
    }
    return outcomes;
  }

  /** The calls of a protocol: once in a new process, and once more, in which nothing may be different. */
  async record(protocol: Protocol): Promise<Recording> {
    const names = await this.place.prepareOne(protocol);
    await this.place.recycle();
    const first = await this.runOnce(protocol, names);
    const recording = new Recording(first.traces[0].calls);
    await protocol.after?.(this.place, names);
    const others = await this.place.prepareOne(protocol);
    const second = await this.runOnce(protocol, others);
    await protocol.after?.(this.place, others);
    const problems = [...first.problems, ...second.problems, ...recording.deviations(second.traces[0])];
    if (first.traces.length + second.traces.length > 2) problems.push("one run was not enough");
    if (problems.length > 0)
      throw new Error(`${protocol.name} on ${this.place.spec}, without a fault: ${problems.join("; ")}`);
    return recording;
  }

  /** What no case accounts for. */
  orphans(): Promise<string[]> {
    return orphansOf(this.place);
  }

  private async runGroup(
    protocol: Protocol,
    select: Selection,
    short: boolean,
    given: Recording | undefined,
  ): Promise<Outcome[]> {
    const faultsAt = (call: Call & { nth: number }, at: number): Fault[] =>
      select.kinds
        .flatMap((kind) => moments.map((when): Fault => ({ ...call, when, kind })))
        .filter((fault) => select.picks(fault, at));
    await this.place.limitTime(short);
    const table = given ?? (await this.record(protocol));
    const tried: Tried[] = [];
    const faults = table.places().flatMap(faultsAt);
    // Where a case must not see another one, neither may it be prepared beside another one.
    const prepared = protocol.after === undefined ? await this.place.prepare(protocol, faults.length) : [];
    for (const [at, fault] of faults.entries())
      tried.push(await this.runCase(protocol, table, [fault], prepared.at(at)));
    const wayBack: Call[] = [];
    // What is found on the way back from two faults is tried as well; it ends, because the function has an end.
    for (let at = 0; at < tried.length; at++) {
      const { traces, outcome } = tried[at];
      for (const call of table.unknown(traces)) {
        if (wayBack.some((other) => isSame(other, call))) continue;
        const before = outcome.after === undefined ? [outcome.fault] : [outcome.after, outcome.fault];
        for (const fault of faultsAt({ ...call, nth: 1 }, 1 + wayBack.length))
          tried.push(await this.runCase(protocol, table, [...before, fault]));
        wayBack.push(call);
      }
    }
    if (protocol.after === undefined) await this.settle(protocol, tried);
    return tried.map(({ outcome }) => outcome);
  }

  private async runCase(
    protocol: Protocol,
    table: Recording,
    faults: readonly Fault[],
    prepared?: Names,
  ): Promise<Tried> {
    const names = prepared ?? (await this.place.prepareOne(protocol));
    if (faults[0].channel === "start") await this.place.recycle();
    const started = Date.now();
    const { traces, problems } = await this.runOnce(protocol, names, faults);
    const [first] = traces;
    problems.push(...table.deviations({ ...first, faultAt: first.faultAt ?? first.calls.length }));
    if (this.place.gate.left > 0) problems.push("the call was not met");
    const outcome: Outcome = {
      engine: this.place.spec,
      protocol: protocol.name,
      fault: faults[faults.length - 1],
      after: faults.at(-2),
      runs: traces.length,
      milliseconds: Date.now() - started,
      problems,
    };
    const tried: Tried = { names, outcome, traces };
    await this.leave(protocol, tried);
    this.tell(outcome);
    return tried;
  }

  /** The protocol, again where it failed until it says that it is done; then what there is. */
  private async runOnce(protocol: Protocol, names: Names, faults: readonly Fault[] = []): Promise<Ended> {
    const { gate } = this.place;
    const steps = protocol.steps(names);
    const traces: Trace[] = [];
    const reasons: string[] = [];
    gate.arm(faults);
    for (let at = 0, run = 0; at < steps.length && run <= repetitions + faults.length; run++) {
      gate.open();
      const ended = await this.goOn(steps, at);
      traces.push(gate.close());
      at = ended.at;
      if (ended.reason !== undefined) reasons.push(ended.reason);
    }
    const problems = await problemsOf(this.place, names, protocol.expected(names));
    if (reasons.length === traces.length) problems.push("it never said that it was done");
    if (problems.length > 0 && reasons.length > 0) problems.push(`on the way it said: ${reasons.join("; ")}`);
    return { traces, problems };
  }

  private async goOn(steps: readonly Step[], from: number): Promise<{ at: number; reason?: string }> {
    for (let at = from; at < steps.length; at++) {
      const reason = await steps[at](this.place);
      if (reason !== undefined) return { at, reason };
    }
    return { at: steps.length };
  }

  /** Where a case must not see the one before it, there is no later time to look. */
  private async leave(protocol: Protocol, tried: Tried): Promise<void> {
    if (protocol.after === undefined) return;
    await this.settle(protocol, [tried]);
    await protocol.after(this.place, tried.names);
  }

  /** The same once more finds nothing to do, and neither does a plan. */
  private async settle(protocol: Protocol, tried: readonly Tried[]): Promise<void> {
    const asks = tried.flatMap(({ names, outcome }) => protocol.settled(names).map((ask) => ({ ask, outcome })));
    for (const mode of ["plan", "apply"] as const) {
      const results = await this.place.askMany(mode, asks.map(({ ask }) => ask)); // prettier-ignore
      results.forEach(({ status, changes, error }, at) => {
        if (status === "unchanged" && changes.length === 0) return;
        const what = error?.message ?? changes.map(({ words }) => words).join(", ");
        asks[at].outcome.problems.push(`${mode} afterwards: ${status}, ${what}`);
      });
    }
  }
}
