import type { Connection as Protocol, Submittable } from "pg";

export interface PreparedText {
  name: string;
  text: string;
}

/**
 * One message that gives statements names, for EXECUTE in a later one, and runs nothing. An earlier statement of the
 * same name is forgotten first.
 */
export class Preparation implements Submittable {
  readonly done: Promise<void>;
  private resolve: () => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(private readonly statements: readonly PreparedText[]) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  submit(protocol: Protocol): void {
    for (const { name, text } of this.statements) {
      protocol.close({ name, type: "S" }, true);
      protocol.parse({ name, text, types: [] }, true);
    }
    protocol.sync();
  }

  /** Called by the driver. */
  handleError(error: Error): void {
    this.reject(error);
  }

  /** Called by the driver. */
  handleReadyForQuery(): void {
    this.resolve();
  }
}
