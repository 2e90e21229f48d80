import type { Value } from "./substitution";

/** One of `parameters` in a document: "Data elements and parameters" of the Systems Manager user guide. */
export interface Parameter {
  type: "String" | "StringList";
  description?: string;
  default?: Value;
  allowedValues?: string[];
  allowedPattern?: string;
  maxItems?: number;
}

/** What a start that is refused says, before anything runs. */
export class InvalidParameters extends Error {
  override name = "InvalidAutomationExecutionParametersException";
}

/** The values of a run: `StartAutomationExecution` takes a list of texts for each parameter. */
export function startParameters(
  parameters: Readonly<Record<string, Parameter>>,
  given: Readonly<Record<string, string[]>>,
): Record<string, Value> {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(parameters, name));
  if (unknown !== undefined) throw new InvalidParameters(`The document has no parameter ${unknown}.`);
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [name, valueOf(name, parameter, given[name])]),
  );
}

function valueOf(name: string, parameter: Parameter, given: string[] | undefined): Value {
  if (given === undefined) {
    if (parameter.default === undefined) throw new InvalidParameters(`The parameter ${name} is missing.`);
    return parameter.default;
  }
  if (parameter.type === "StringList") {
    if (given.length > (parameter.maxItems ?? Infinity)) throw new InvalidParameters(`${name} has too many items.`);
    return given;
  }
  const [text] = given;
  if (given.length !== 1) throw new InvalidParameters(`${name} takes one text.`);
  const { allowedValues, allowedPattern } = parameter;
  if (allowedValues !== undefined && !allowedValues.includes(text))
    throw new InvalidParameters(`${name} must be one of ${allowedValues.join(", ")}.`);
  if (allowedPattern !== undefined && !new RegExp(allowedPattern).test(text))
    throw new InvalidParameters(`${name} must match ${allowedPattern}.`);
  return text;
}
