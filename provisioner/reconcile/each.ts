const CONCURRENT = 8;

/** Runs all, some at a time. The first failure is the result; what was begun goes on. */
export async function each<T>(values: readonly T[], run: (value: T) => Promise<void>): Promise<void> {
  const left = [...values];
  const worker = async (): Promise<void> => {
    for (let value = left.shift(); value !== undefined; value = left.shift()) await run(value);
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENT, values.length) }, worker));
}
