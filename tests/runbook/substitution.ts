/** Whatever a document's inputs may hold. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

/** Parameters by name, outputs by `step.name`, variables by `automation:NAME`. */
export type Scope = Record<string, Value>;

const reference = /\{\{\s*([\w:.]+)\s*\}\}/g;
const alone = /^\{\{\s*([\w:.]+)\s*\}\}$/;

function valueOf(name: string, scope: Scope): Value {
  if (!Object.hasOwn(scope, name)) throw new Error(`There is nothing called ${name} to be put in.`);
  return scope[name];
}

/** A value that is nothing but a reference keeps its type, inside a text it becomes text. What was put in is not read again. */
export function resolve(value: Value, scope: Scope): Value {
  if (typeof value === "string") {
    const whole = alone.exec(value);
    if (whole !== null) return valueOf(whole[1], scope);
    return value.replace(reference, (_all, name: string) => {
      const found = valueOf(name, scope);
      return typeof found === "string" ? found : JSON.stringify(found);
    });
  }
  if (Array.isArray(value)) return value.map((each) => resolve(each, scope));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolve(each, scope)]));
}

/** `$.One.Other` and nothing else of JSONPath. */
export function selected(response: unknown, selector: string, type: string): Value {
  if (!/^\$(\.\w+)+$/.test(selector)) throw new Error(`The interpreter does not know the selector ${selector}.`);
  if (type !== "String") throw new Error(`The interpreter does not know outputs of type ${type}.`);
  const found = selector
    .split(".")
    .slice(1)
    .reduce((at: unknown, key) => (at as Record<string, unknown> | undefined)?.[key], response);
  if (typeof found !== "string") throw new Error(`${selector} selects no text.`);
  return found;
}
