import { removalWords, type Claim } from "../../provisioner/protocol";
import { normalised, problemsOf, withDefaults, withName } from "./canonical";
import { toClaim, type Kind } from "./kinds";
import { refProblems, shapeProblems, unknownArguments, type Failure } from "./shape";
import {
  hasUnknown,
  isUnknown,
  PROVIDER_KEY,
  recordToWire,
  REMOVAL_KEY,
  UNKNOWN,
  withoutNulls,
  type Properties,
} from "./wire";

export interface CheckResult {
  inputs: Properties;
  failures: Failure[];
}

function nameProblems(kind: Kind, given: Properties): Failure[] {
  if (kind.name !== "DbUser") return [];
  const { username, usernamePrefix: prefix } = given;
  if (username !== undefined && prefix !== undefined)
    return [{ property: "usernamePrefix", reason: "username and usernamePrefix are both given; keep one of them." }];
  if (username === undefined && prefix === undefined)
    return [{ property: "username", reason: "username is missing; give a name, or usernamePrefix to have one made." }];
  if (prefix === undefined || isUnknown(prefix)) return [];
  return typeof prefix === "string" && prefix !== ""
    ? []
    : [{ property: "usernamePrefix", reason: `usernamePrefix is ${JSON.stringify(prefix)}; give a text.` }];
}

function ownerProblems({ ownerKey }: Properties): Failure[] {
  if (typeof ownerKey === "string" && ownerKey.length > 0 && ownerKey.length <= 2048) return [];
  return [{ property: "ownerKey", reason: "ownerKey must be a text of 1 to 2048 characters; leave it out." }];
}

/** What was made from the prefix is a problem of the prefix. */
const blamed = (given: Properties, { property, reason }: Failure): Failure =>
  property === "username" && given.usernamePrefix !== undefined && given.username === undefined
    ? { property: "usernamePrefix", reason }
    : { property, reason };

/**
 * The engine prints a property's value beside its name. That is right for `username`; but what was passed as an
 * unknown argument, or in place of `auth`, may be a password, and of a nested property the engine finds no value. Those
 * sentences stand alone, and name the property themselves.
 */
function presented(kind: Kind, given: Properties, { property, reason }: Failure): Failure {
  const known = [...kind.fields, ...kind.helpers].includes(property) && property !== "auth";
  if (known && given[property] !== undefined) return { property, reason };
  return { property: "", reason: reason.includes(property) ? reason : `${property}: ${reason}` };
}

/**
 * What deleting the resource will do is an input, too: of a removed resource the engine shows the inputs and nothing
 * else, and asks nobody.
 */
function withRemoval(kind: Kind, inputs: Properties): Properties {
  const claim = toClaim(kind, inputs);
  return { ...inputs, [REMOVAL_KEY]: hasUnknown(claim) ? UNKNOWN : removalWords(claim as unknown as Claim) };
}

/**
 * Everything that can be said without the network, all at once; defaults and canonical form. Pure, and every value at
 * any depth may be unknown.
 */
export function check(kind: Kind, olds: Properties, news: Properties): CheckResult {
  const { [PROVIDER_KEY]: provider, [REMOVAL_KEY]: removal, ...rest } = news;
  const given = withoutNulls(rest) as Properties;
  const inputs = withDefaults(kind, withName(given, olds));
  const names = nameProblems(kind, given);
  // A missing name has been named already.
  const shape = shapeProblems(kind, inputs).filter(({ property }) => names.length === 0 || property !== "username");
  const failures = [
    ...unknownArguments(kind, given),
    ...refProblems(given.provisioner),
    ...ownerProblems(given),
    ...names,
    ...shape,
  ];
  if (shape.length === 0) {
    const ref = given.provisioner as { secretNamePrefixes?: unknown } | undefined;
    const problems = problemsOf(kind, inputs, ref?.secretNamePrefixes);
    failures.push(...problems.map(({ property, message }) => blamed(given, { property, reason: message })));
  }
  const checked = failures.length === 0 ? withRemoval(kind, normalised(kind, inputs)) : inputs;
  if (removal !== undefined && failures.length === 0 && removal !== checked[REMOVAL_KEY])
    failures.push({ property: REMOVAL_KEY, reason: `${REMOVAL_KEY} is made by ${kind.name} itself; remove it.` });
  return {
    inputs: recordToWire({ ...checked, [PROVIDER_KEY]: provider }),
    failures: failures.map((failure) => presented(kind, given, failure)),
  };
}
