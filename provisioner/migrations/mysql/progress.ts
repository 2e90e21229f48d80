/**
 * Writes down at which statement a file is, beside its running: so that after a crash somebody knows where to look. One
 * writing at a time, of the newest number, so that a file of many short statements is not held up.
 */
export class Progress {
  /** The one under way, from 1. */
  statement = 1;
  private written = 1;
  private writing: Promise<void> = Promise.resolve();
  private isWriting = false;

  constructor(private readonly write: (statement: number) => Promise<void>) {}

  next(): void {
    this.statement += 1;
    if (this.isWriting) return;
    this.isWriting = true;
    this.writing = this.catchUp();
  }

  /** Known better than by counting. */
  failedAt(statement: number): void {
    this.statement = statement;
  }

  private async catchUp(): Promise<void> {
    try {
      while (this.written < this.statement) {
        const { statement } = this;
        await this.write(statement);
        this.written = statement;
      }
    } catch {
      // How the file ends is written with the same connection, and fails where somebody hears of it.
      this.written = this.statement;
    } finally {
      this.isWriting = false;
    }
  }

  /** Nothing is being written any more. */
  settled(): Promise<void> {
    return this.writing;
  }
}
