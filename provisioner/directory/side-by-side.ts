/**
 * A few at a time: a directory answers others as well, and AWS throttles. The order of the results is that of the items.
 * After a failure nothing more is begun.
 */
export async function sideBySide<T, R>(
  items: readonly T[],
  run: (item: T) => Promise<R>,
  atOnce: number,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      try {
        results[index] = await run(items[index]);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
