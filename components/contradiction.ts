import { granteeName, type GrantClaim, type Target } from "../provisioner/protocol";
import { sameWire } from "./lifecycle/wire";

const lists = ["tables", "columns", "sequences", "routines", "types", "oids", "parameters"];
/** What says how a target is held, or what comes later, and not which it is. */
const others = ["future", "admin", "inherit", "set", "default"];

/** Only certain meetings: what is not known offline is found by the provisioner. */
function meet(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === "*" || other === "*";
  return one.some((part) => other.some((candidate) => sameWire(part, candidate)));
}

const creators = (on: Target): string[] => ("future" in on ? (on.future?.createdBy ?? []) : []);

/** Whether an object of one target, or a future one, is an object of the other. */
function overlap(one: Target, other: Target): boolean {
  const [a, b] = [one, other] as unknown as Record<string, unknown>[];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => !others.includes(key));
  const list = keys.find((key) => lists.includes(key));
  if (!keys.every((key) => key === list || sameWire(a[key], b[key]))) return false;
  return list === undefined || meet(a[list], b[list]) || meet(creators(one), creators(other));
}

/** The privileges that both name. Those of a template are not known here. */
function shared(one: GrantClaim, other: GrantClaim): string[] {
  const [a, b] = [one.privileges ?? [], other.privileges ?? []];
  if (a.includes("ALL")) return b;
  return b.includes("ALL") ? a : a.filter((privilege) => b.includes(privilege));
}

/** What one of two grants gives and the other takes: an `up` would never come to rest. */
export function contradiction(one: GrantClaim, other: GrantClaim): string | undefined {
  if ((one.effect ?? "grant") === (other.effect ?? "grant")) return undefined;
  if (!sameWire(one.grantee, other.grantee) || !overlap(one.on, other.on)) return undefined;
  const privileges = shared(one, other);
  if (privileges.length === 0) return undefined;
  return `one gives ${granteeName(one.grantee)} ${privileges.join(", ")} and the other takes it`;
}
