/** The range of protocol versions this code speaks. Client and function each support the previous one as well. */
export const protocolRange = { min: 1, max: 1 } as const;

/** The highest version both sides speak, or undefined when the ranges are disjoint. */
export function commonVersion(a: { min: number; max: number }, b: { min: number; max: number }): number | undefined {
  const highest = Math.min(a.max, b.max);
  return highest >= Math.max(a.min, b.min) ? highest : undefined;
}

/** Says which side to upgrade. */
export function mismatchWords(client: { min: number; max: number }, provisioner: { min: number; max: number }): string {
  const ranges = `this program speaks protocol ${client.min} to ${client.max}, the provisioner ${provisioner.min} to ${provisioner.max}`;
  return client.max < provisioner.min
    ? `No common protocol: ${ranges}. Upgrade pulumi-db-access in this program.`
    : `No common protocol: ${ranges}. Upgrade the provisioner's stack.`;
}
