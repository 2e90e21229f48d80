import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

const quietMs = 50;

/** Keeps a JSON document on disk, readable by its owner only and never half written. */
export class StateFile<T> {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly file: string | undefined,
    private readonly content: () => T,
  ) {}

  load(): T | undefined {
    if (this.file === undefined) return undefined;
    try {
      return JSON.parse(readFileSync(this.file, "utf8")) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new Error(`The state of the local stack cannot be read: ${this.file}. Remove it to start empty.`, {
        cause: error,
      });
    }
  }

  /** Written once things are quiet, because a batch changes many entries in a row. */
  changed(): void {
    if (this.file === undefined || this.timer !== undefined) return;
    this.timer = setTimeout(() => this.flush(), quietMs);
  }

  flush(): void {
    if (this.file === undefined || this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    mkdirSync(path.dirname(this.file), { recursive: true });
    writeFileSync(`${this.file}.new`, JSON.stringify(this.content()), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }
}
