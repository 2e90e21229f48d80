/** How long the message at the beginning is, or undefined while that cannot be known. */
export type Measure = (pending: Buffer) => number | undefined;

/** Cuts what arrives into whole messages. */
export class Frames {
  private pending: Buffer = Buffer.alloc(0);

  constructor(public measure: Measure) {}

  push(data: Buffer): void {
    this.pending = Buffer.concat([this.pending, data]);
  }

  /** The next whole message. One at a time, because the measure may change with it. */
  next(): Buffer | undefined {
    const length = this.measure(this.pending);
    if (length === undefined || this.pending.length < length) return undefined;
    const message = this.pending.subarray(0, length);
    this.pending = this.pending.subarray(length);
    return message;
  }
}

export const textUntilNul = (message: Buffer, from: number): string => {
  const end = message.indexOf(0, from);
  return message.toString("utf8", from, end < 0 ? message.length : end);
};
