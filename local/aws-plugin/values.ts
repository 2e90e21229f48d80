/** Properties as the engine sends them: plain JSON, in which some objects stand for something else. */
export type Properties = Record<string, unknown>;

/** The engine's marks, as `@pulumi/pulumi/runtime/rpc` has them. */
const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const assetSignatures = ["c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"];

/** An asset or an archive: where its content is, and the hash that the engine has computed of it. */
export interface Asset {
  hash: string;
  path?: string;
  text?: string;
  assets?: Record<string, Asset>;
}

const isObject = (value: unknown): value is Properties => typeof value === "object" && value !== null;

export const isUnknown = (value: unknown): boolean => value === unknownText;

export const isAsset = (value: unknown): value is Asset =>
  isObject(value) && assetSignatures.includes(String(value[signatureKey]));

/** Without the wrapping of secrets, at every depth. Assets stay as they are. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value) || isAsset(value)) return value;
  if (value[signatureKey] === secretSignature) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

/** Whether two plain values mean the same. Of assets only the content counts. */
export function isSame(one: unknown, other: unknown): boolean {
  if (isAsset(one) && isAsset(other)) return one.hash === other.hash;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((value, index) => isSame(value, other[index]));
  if (!isObject(one) || !isObject(other) || Array.isArray(one) || Array.isArray(other)) return one === other;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => isSame(one[key], other[key]));
}
