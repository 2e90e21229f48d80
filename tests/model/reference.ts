/** One privilege of one grantee on one object, or its grant option, or the absence of it. */
export interface Fact {
  grantee: string;
  kind: string;
  /** Table, `table.column`, signature …; empty for the database, the schema and the whole server. */
  object: string;
  privilege: string;
  /** The right to pass it on. Nobody holds it without the privilege. */
  option?: true;
  /** The claim is that it is not held. */
  absent?: true;
}

export const factKey = ({ grantee, kind, object, privilege, option, absent }: Fact): string =>
  `${absent ? "no " : ""}${privilege}${option ? " (to pass on)" : ""} on ${kind} ${object} of ${grantee}`;

/** What a claim means on the server as it is now. */
export interface Meaning {
  wanted: Fact[];
  /** Exclusive claims: the facts that they alone decide about. */
  decides?: (fact: Fact) => boolean;
}

interface Live<C> {
  claim: C;
  /** By key: whether it was so before this claim came. */
  held: Map<string, { fact: Fact; before: boolean }>;
}

/**
 * The reference: sets of facts. A claim gives what it wants and takes away what it gave, unless it was there before or
 * another claim wants it; an exclusive one also takes what nobody claims. No planner, no server, no ledger.
 */
export class Reference<C> {
  readonly claims = new Map<string, Live<C>>();

  /** `optionOf`: what has to be held for the option to be one. */
  constructor(
    public actual: Map<string, Fact>,
    private readonly meaningOf: (claim: C) => Meaning,
    private readonly optionOf: (option: Fact, held: Fact) => boolean,
  ) {}

  copy(): Reference<C> {
    const copy = new Reference(new Map(this.actual), this.meaningOf, this.optionOf);
    for (const [slot, { claim, held }] of this.claims) copy.claims.set(slot, { claim, held: new Map(held) });
    return copy;
  }

  ensure(slot: string, claim: C): void {
    const { wanted, decides } = this.meaningOf(claim);
    const before = this.claims.get(slot)?.held ?? new Map<string, { fact: Fact; before: boolean }>();
    const held: Live<C>["held"] = new Map();
    for (const fact of wanted) {
      const key = factKey(fact);
      const others = this.others(slot, key);
      const was = this.isSo(fact) && (others.length === 0 || others.some((other) => other.before));
      held.set(key, { fact, before: before.get(key)?.before ?? was });
    }
    this.claims.set(slot, { claim, held });
    const kept = (key: string): boolean => held.has(key) || this.others(slot, key).length > 0;
    for (const [key, entry] of before) if (!kept(key) && !entry.before) this.undo(entry.fact);
    if (decides !== undefined)
      for (const [key, fact] of [...this.actual]) if (decides(fact) && !kept(key)) this.actual.delete(key);
    for (const fact of wanted) this.make(fact);
    this.dropLooseOptions();
  }

  /** A new object came with what a default privilege gives: whose the default is, his is that. */
  inherit(given: (fact: Fact) => Fact[]): void {
    for (const { held } of this.claims.values())
      for (const { fact, before } of [...held.values()])
        for (const one of given(fact)) if (!held.has(factKey(one))) held.set(factKey(one), { fact: one, before });
  }

  remove(slot: string): void {
    const held = this.claims.get(slot)?.held ?? new Map<string, { fact: Fact; before: boolean }>();
    this.claims.delete(slot);
    for (const [key, entry] of held) if (!entry.before && this.others(slot, key).length === 0) this.undo(entry.fact);
    this.dropLooseOptions();
  }

  private others(slot: string, key: string): { before: boolean }[] {
    return [...this.claims].flatMap(([name, { held }]) => {
      const entry = name === slot ? undefined : held.get(key);
      return entry === undefined ? [] : [entry];
    });
  }

  private isSo(fact: Fact): boolean {
    return this.actual.has(factKey(present(fact))) !== (fact.absent === true);
  }

  private make(fact: Fact): void {
    if (fact.absent === true) this.actual.delete(factKey(present(fact)));
    else this.actual.set(factKey(fact), fact);
  }

  private undo(fact: Fact): void {
    if (fact.absent === true) this.actual.set(factKey(present(fact)), present(fact));
    else this.actual.delete(factKey(fact));
  }

  private dropLooseOptions(): void {
    const held = [...this.actual.values()].filter(({ option }) => option !== true);
    for (const [key, fact] of [...this.actual])
      if (fact.option === true && !held.some((one) => this.optionOf(fact, one))) this.actual.delete(key);
  }
}

const present = ({ absent: _absent, ...fact }: Fact): Fact => fact;

/** The facts as lines, sorted: what model and server are compared by. */
export const linesOf = (facts: ReadonlyMap<string, Fact>): string[] => [...facts.keys()].sort();

export const asFacts = (facts: readonly Fact[]): Map<string, Fact> =>
  new Map(facts.map((fact) => [factKey(fact), fact]));
