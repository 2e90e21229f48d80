export const kinds = ["exit", "drop", "hang", "throw"] as const;
export type Kind = (typeof kinds)[number];

export const moments = ["before", "after"] as const;
export type When = (typeof moments)[number];

/** `start`: what only a new process asks. Within one channel calls come one after the other, and beside the others'. */
export const channels = ["start", "sql", "secrets", "parameters"] as const;
export type Channel = (typeof channels)[number];

/** The function that serves claims, or the one that Secrets Manager rotates with. */
export type Caller = "access" | "rotate";

export interface Call {
  by: Caller;
  channel: Channel;
  label: string;
}

/** Where something goes wrong: at the `nth` call of this name, beginning with 1, since the fault before it. */
export interface Fault extends Call {
  nth: number;
  when: When;
  kind: Kind;
}

/** What was met in one run. */
export interface Trace {
  calls: Call[];
  /** Where in `calls` a fault was. */
  faultAt?: number;
}

/** Every call of the function comes past here, is counted, and is told whether it is the one that goes wrong. */
export class Gate {
  /** Grows with every run: what fails in one does not fail in the next. */
  runs = 0;
  private trace: Trace | undefined;
  private faults: Fault[] = [];
  /** Calls that the next fault has let pass. */
  private passed = 0;
  private letGo: (() => void)[] = [];
  private readonly kills = new Map<Caller, () => void>();
  private readonly callers = new Map<string, Caller>();

  /** An invocation begins. */
  begin(requestId: string, by: Caller, kill: () => void): void {
    this.callers.set(requestId, by);
    this.kills.set(by, kill);
  }

  /** Who has put this request's id somewhere. */
  callerOf(requestId: string): Caller {
    return this.callers.get(requestId) ?? "access";
  }

  /** Ends the process that serves the invocation under way. */
  kill(by: Caller): void {
    this.kills.get(by)?.();
  }

  /** How many of the faults are still to come. */
  get left(): number {
    return this.faults.length;
  }

  /** What goes wrong from now on, one after the other. */
  arm(faults: readonly Fault[]): void {
    this.faults = [...faults];
    this.passed = 0;
  }

  open(): void {
    this.runs += 1;
    this.trace = { calls: [] };
  }

  close(): Trace {
    const { trace = { calls: [] } } = this;
    this.trace = undefined;
    for (const go of this.letGo.splice(0)) go();
    return trace;
  }

  meet(call: Call): Fault | undefined {
    const { trace } = this;
    if (trace === undefined) return undefined;
    trace.calls.push(call);
    const [fault] = this.faults;
    if (fault === undefined || !isSame(fault, call)) return undefined;
    this.passed += 1;
    if (this.passed < fault.nth) return undefined;
    this.faults.shift();
    this.passed = 0;
    trace.faultAt ??= trace.calls.length - 1;
    return fault;
  }

  /** Nothing comes back, for as long as the run lasts. */
  hang(): Promise<void> {
    return new Promise((resolve) => this.letGo.push(resolve));
  }
}

export const isSame = (one: Call, other: Call): boolean =>
  one.by === other.by && one.channel === other.channel && one.label === other.label;
