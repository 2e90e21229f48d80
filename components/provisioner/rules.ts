import * as pulumi from "@pulumi/pulumi";

/** What is not known before the engine has run is not looked at here. */
export const isLater = (value: unknown): boolean => pulumi.Output.isInstance(value) || value instanceof Promise;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isLater(value);

type Fail = (property: string, value: unknown, fix: string) => never;

export interface Rules {
  fail: Fail;
  /** Unknown arguments are refused and never ignored. */
  keys(property: string, value: unknown, known: readonly string[]): Record<string, unknown>;
  text(property: string, value: unknown, pattern: RegExp, fix: string): void;
  integer(property: string, value: unknown, min: number, max: number): void;
  list(property: string, value: unknown, pattern: RegExp, fix: string): void;
}

export function rulesOf(name: string, component = "Provisioner"): Rules {
  const fail: Fail = (property, value, fix) => {
    // Others may be large, or refer to themselves.
    const isSimple =
      ["string", "number", "boolean"].includes(typeof value) || (Array.isArray(value) && value.length === 0);
    const shown = value === undefined ? "is missing" : `${isSimple ? `${JSON.stringify(value)} ` : ""}cannot be used`;
    throw new pulumi.RunError(`${component} ${JSON.stringify(name)}: ${property} ${shown}; ${fix}.`);
  };
  const text: Rules["text"] = (property, value, pattern, fix) => {
    if (value === undefined || isLater(value)) return;
    if (typeof value !== "string" || !pattern.test(value)) fail(property, value, fix);
  };
  return {
    fail,
    text,
    keys(property, value, known) {
      if (value === undefined) return {};
      if (!isObject(value)) return fail(property, value, `give an object with ${known.join(", ")}`);
      const unknown = Object.keys(value).find((key) => !known.includes(key));
      if (unknown !== undefined)
        fail(property === "" ? unknown : `${property}.${unknown}`, value[unknown], `there is only ${known.join(", ")}`);
      return value;
    },
    integer(property, value, min, max) {
      if (value === undefined || isLater(value)) return;
      if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
        fail(property, value, `use a whole number from ${min} to ${max}`);
    },
    list(property, value, pattern, fix) {
      if (value === undefined) return;
      if (!Array.isArray(value)) return fail(property, isLater(value) ? "an output" : value, `give a list; ${fix}`);
      value.forEach((each: unknown, index) => text(`${property}[${index}]`, each, pattern, fix));
    },
  };
}

export const iamArn = /^arn:[a-z-]+:iam::\d{12}:(role|user)\/\S+$/;
export const accountId = /^\d{12}$/;
export const organization = /^o-[a-z0-9]{10,32}$/;
export const keyArn = /^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/;
export const secretArn = /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+-[A-Za-z0-9]{6}$/;
export const functionArn = /^arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:\S+$/;

export const keyFix = "use the ARN of a key, arn:aws:kms:<region>:<account>:key/<id>";
