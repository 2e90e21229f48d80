import * as pulumi from "@pulumi/pulumi";

const noMonitor = {};

/**
 * Something for each run of a program: several stacks, or a preview and an update, may share one process (Automation
 * API), and unit tests set their mocks anew. The engine's monitor is what differs.
 */
export class PerRun<T> {
  private readonly values = new WeakMap<object, T>();

  constructor(private readonly make: () => T) {}

  get(): T {
    const run = pulumi.runtime.getMonitor() ?? noMonitor;
    const known = this.values.get(run);
    if (known !== undefined) return known;
    const made = this.make();
    this.values.set(run, made);
    return made;
  }
}
