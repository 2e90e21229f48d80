import assert from "node:assert/strict";
import { evaluate, readIdentityPolicy, UnknownPolicyElement, type Context } from "../../local/aws/iam";

const guide = "https://docs.aws.amazon.com/IAM/latest/UserGuide";
const pages = {
  logic: `${guide}/reference_policies_evaluation-logic.html`,
  operators: `${guide}/reference_policies_elements_condition_operators.html`,
  conditions: `${guide}/reference_policies_elements_condition.html`,
  sets: `${guide}/reference_policies_condition-single-vs-multi-valued-context-keys.html`,
  action: `${guide}/reference_policies_elements_action.html`,
  notAction: `${guide}/reference_policies_elements_notaction.html`,
  resource: `${guide}/reference_policies_elements_resource.html`,
  notResource: `${guide}/reference_policies_elements_notresource.html`,
} as const;

type Effect = "allow" | "deny" | "none";
type Conditions = Record<string, Record<string, string | boolean | string[]>>;

const action = "secretsmanager:GetSecretValue";
const resource = "arn:aws:secretsmanager:us-east-1:111122223333:secret:orders/app-Ab12Cd";
const allow = { Effect: "Allow", Action: action, Resource: "*" };
const deny = { ...allow, Effect: "Deny" };

const effectOf = (statements: object[], context: Context = {}, asked = { action, resource }): Effect =>
  evaluate([readIdentityPolicy({ Version: "2012-10-17", Statement: statements })], { ...asked, context }).effect;

/** What the page says, the policy, and what comes of it. */
const logic: [keyof typeof pages, string, object[], Effect][] = [
  ["logic", "what no statement allows is denied", [], "none"],
  ["logic", "an Allow overrides the default", [allow], "allow"],
  ["logic", "an explicit Deny overrides any Allow", [allow, deny], "deny"],
  ["logic", "in whatever order they stand", [deny, allow], "deny"],
  ["logic", "a Deny that does not apply does not count", [allow, { ...deny, Action: "ssm:*" }], "allow"],
  [
    "action",
    "names of actions are not case-sensitive",
    [{ ...allow, Action: "SecretsManager:getsecretvalue" }],
    "allow",
  ],
  ["action", "* stands for any characters", [{ ...allow, Action: "secretsmanager:Get*" }], "allow"],
  ["action", "? stands for one", [{ ...allow, Action: "secretsmanager:GetSecretValu?" }], "allow"],
  ["action", "and for no less", [{ ...allow, Action: "secretsmanager:GetSecretValue?" }], "none"],
  ["action", "another service's action of the same name", [{ ...allow, Action: "ssm:GetSecretValue" }], "none"],
  ["notAction", "everything but what is listed", [{ Effect: "Allow", NotAction: "ssm:*", Resource: "*" }], "allow"],
  ["notAction", "what is listed is not allowed", [{ Effect: "Allow", NotAction: action, Resource: "*" }], "none"],
  ["resource", "the whole ARN", [{ ...allow, Resource: resource }], "allow"],
  ["resource", "ARNs are case-sensitive", [{ ...allow, Resource: resource.replace("orders", "Orders") }], "none"],
  ["resource", "* within a part", [{ ...allow, Resource: resource.replace("app-Ab12Cd", "*") }], "allow"],
  ["resource", "? once for each character", [{ ...allow, Resource: resource.replace("Ab12Cd", "??????") }], "allow"],
  ["resource", "and not for two", [{ ...allow, Resource: resource.replace("Ab12Cd", "?????") }], "none"],
  ["resource", "a prefix without a wildcard is none", [{ ...allow, Resource: resource.slice(0, -7) }], "none"],
  ["resource", "a final * goes beyond colons", [{ ...allow, Resource: "arn:aws:secretsmanager:*" }], "allow"],
  ["resource", "dots and brackets are themselves", [{ ...allow, Resource: resource.replace("app", "a.p") }], "none"],
  ["notResource", "everything but", [{ Effect: "Deny", Action: "*", NotResource: resource }, allow], "allow"],
  [
    "notResource",
    "what is not listed",
    [{ Effect: "Deny", Action: "*", NotResource: "arn:aws:s3:::x" }, allow],
    "deny",
  ],
];

const tag = "aws:ResourceTag/team";
const keys = "aws:TagKeys";
const source = "lambda:SourceFunctionArn";
const lambda = "arn:aws:lambda:us-east-1:111122223333:function:orders";

/** What the page says, the condition, the call's context, and whether the condition holds. */
const conditions: [keyof typeof pages, string, Conditions, Context, boolean][] = [
  [
    "conditions",
    "names of keys are not case-sensitive",
    { StringEquals: { "AWS:resourcetag/Team": "a" } },
    { [tag]: "a" },
    true,
  ],
  ["conditions", "values of one key are alternatives", { StringEquals: { [tag]: ["a", "b"] } }, { [tag]: "b" }, true],
  ["conditions", "keys are not", { StringEquals: { [tag]: "a", "aws:SourceVpce": "v" } }, { [tag]: "a" }, false],
  ["conditions", "nor are operators", { StringEquals: { [tag]: "a" }, Null: { [tag]: "true" } }, { [tag]: "a" }, false],
  [
    "conditions",
    "values under a negated operator: none of them",
    { StringNotEquals: { [tag]: ["a", "b"] } },
    { [tag]: "b" },
    false,
  ],
  ["conditions", "a value that is none of them", { StringNotEquals: { [tag]: ["a", "b"] } }, { [tag]: "c" }, true],
  ["operators", "StringEquals: exact, case-sensitive", { StringEquals: { [tag]: "a" } }, { [tag]: "A" }, false],
  ["operators", "StringEquals: wildcards are characters", { StringEquals: { [tag]: "a*" } }, { [tag]: "ab" }, false],
  ["operators", "StringEquals: a missing key does not match", { StringEquals: { [tag]: "a" } }, {}, false],
  ["operators", "StringNotEquals: a missing key is not equal", { StringNotEquals: { [tag]: "a" } }, {}, true],
  ["operators", "StringEqualsIgnoreCase", { StringEqualsIgnoreCase: { [tag]: "a" } }, { [tag]: "A" }, true],
  ["operators", "StringNotEqualsIgnoreCase", { StringNotEqualsIgnoreCase: { [tag]: "a" } }, { [tag]: "A" }, false],
  ["operators", "StringLike: * and ?", { StringLike: { [tag]: "a?c*" } }, { [tag]: "abcde" }, true],
  ["operators", "StringLike: case-sensitive", { StringLike: { [tag]: "a*" } }, { [tag]: "Abc" }, false],
  ["operators", "StringLike: a missing key does not match *", { StringLike: { [tag]: "*" } }, {}, false],
  ["operators", "StringNotLike: a missing key", { StringNotLike: { [tag]: "a*" } }, {}, true],
  [
    "operators",
    "Bool",
    { Bool: { "secretsmanager:BlockPublicPolicy": true } },
    { "secretsmanager:BlockPublicPolicy": "true" },
    true,
  ],
  [
    "operators",
    "Bool: the other one",
    { Bool: { "secretsmanager:BlockPublicPolicy": "true" } },
    { "secretsmanager:BlockPublicPolicy": "false" },
    false,
  ],
  ["operators", "Bool: a missing key", { Bool: { "secretsmanager:BlockPublicPolicy": "false" } }, {}, false],
  ["operators", "ArnEquals", { ArnEquals: { [source]: lambda } }, { [source]: lambda }, true],
  [
    "operators",
    "ArnEquals takes wildcards as ArnLike does",
    { ArnEquals: { [source]: "arn:aws:lambda:*:*:function:ord*" } },
    { [source]: lambda },
    true,
  ],
  [
    "operators",
    "ArnLike: * does not go beyond a colon",
    { ArnLike: { [source]: "arn:*:function:orders" } },
    { [source]: lambda },
    false,
  ],
  [
    "operators",
    "ArnLike: case-sensitive",
    { ArnLike: { [source]: lambda.toUpperCase() } },
    { [source]: lambda },
    false,
  ],
  ["operators", "ArnEquals: a missing key", { ArnEquals: { [source]: lambda } }, {}, false],
  ["operators", "ArnNotEquals: a missing key", { ArnNotEquals: { [source]: lambda } }, {}, true],
  [
    "operators",
    "ArnNotLike",
    { ArnNotLike: { [source]: "arn:aws:lambda:*:*:function:*" } },
    { [source]: lambda },
    false,
  ],
  ["operators", "IfExists: a missing key is true", { StringEqualsIfExists: { [tag]: "a" } }, {}, true],
  [
    "operators",
    "IfExists: a key that is there counts",
    { StringEqualsIfExists: { [tag]: "a" } },
    { [tag]: "b" },
    false,
  ],
  ["operators", "BoolIfExists", { BoolIfExists: { "secretsmanager:BlockPublicPolicy": "false" } }, {}, true],
  ["operators", "Null true: the key is not there", { Null: { [tag]: "true" } }, {}, true],
  ["operators", "Null true: the key is there", { Null: { [tag]: true } }, { [tag]: "a" }, false],
  ["operators", "Null false: the key is there", { Null: { [tag]: "false" } }, { [tag]: "a" }, true],
  ["operators", "Null false: the key is not there", { Null: { [tag]: "false" } }, {}, false],
  [
    "sets",
    "ForAllValues: each in the request is in the policy",
    { "ForAllValues:StringEquals": { [keys]: ["a", "b", "c"] } },
    { [keys]: ["a", "b"] },
    true,
  ],
  [
    "sets",
    "ForAllValues: one is not",
    { "ForAllValues:StringEquals": { [keys]: ["a", "b"] } },
    { [keys]: ["a", "x"] },
    false,
  ],
  ["sets", "ForAllValues: no key in the request is true", { "ForAllValues:StringEquals": { [keys]: ["a"] } }, {}, true],
  ["sets", "ForAllValues: nor a value", { "ForAllValues:StringEquals": { [keys]: ["a"] } }, { [keys]: [] }, true],
  [
    "sets",
    "ForAllValues with Null: the key has to be there",
    { "ForAllValues:StringEquals": { [keys]: ["a"] }, Null: { [keys]: "false" } },
    {},
    false,
  ],
  [
    "sets",
    "ForAllValues, negated: none is in the policy",
    { "ForAllValues:StringNotEquals": { [keys]: ["a"] } },
    { [keys]: ["b", "c"] },
    true,
  ],
  [
    "sets",
    "ForAnyValue: one is enough",
    { "ForAnyValue:StringEquals": { [keys]: ["a", "b"] } },
    { [keys]: ["x", "b"] },
    true,
  ],
  ["sets", "ForAnyValue: none", { "ForAnyValue:StringEquals": { [keys]: ["a"] } }, { [keys]: ["x"] }, false],
  ["sets", "ForAnyValue: no key in the request is false", { "ForAnyValue:StringEquals": { [keys]: ["a"] } }, {}, false],
  [
    "sets",
    "ForAnyValue: wildcards",
    { "ForAnyValue:StringLike": { [keys]: "db-access:*" } },
    { [keys]: ["x", "db-access:owner"] },
    true,
  ],
];

/** What nobody may find out by a call that is answered wrongly. */
const unknown: [string, object][] = [
  ["an operator", { ...allow, Condition: { NumericEquals: { [tag]: "1" } } }],
  ["a set operator", { ...allow, Condition: { "ForSomeValues:StringEquals": { [keys]: "a" } } }],
  ["Null with IfExists", { ...allow, Condition: { NullIfExists: { [tag]: "true" } } }],
  ["a key", { ...allow, Condition: { StringEquals: { "aws:SourceIp": "10.0.0.1" } } }],
  ["a key without its tag", { ...allow, Condition: { StringEquals: { "aws:ResourceTag/": "a" } } }],
  ["a key with several values and no set operator", { ...allow, Condition: { StringEquals: { [keys]: "a" } } }],
  ["a set operator for a single value", { ...allow, Condition: { "ForAllValues:StringEquals": { [tag]: "a" } } }],
  ["a variable in a condition", { ...allow, Condition: { StringEquals: { [tag]: "${aws:username}" } } }],
  ["a variable in a resource", { ...allow, Resource: "arn:aws:s3:::${aws:username}" }],
  ["an element", { ...allow, Principal: "*" }],
  ["both Action and NotAction", { ...allow, NotAction: "a:b" }],
  ["neither Resource nor NotResource", { Effect: "Allow", Action: "a:b" }],
  ["an effect", { ...allow, Effect: "allow" }],
];

describe("iam evaluator", () => {
  for (const [page, what, statements, effect] of logic)
    it(`${what} (${pages[page]})`, () => assert.equal(effectOf(statements), effect));

  for (const [page, what, Condition, context, holds] of conditions)
    it(`${what} (${pages[page]})`, () => {
      assert.equal(effectOf([{ ...allow, Condition }], context), holds ? "allow" : "none");
      assert.equal(effectOf([allow, { ...deny, Condition }], context), holds ? "deny" : "allow");
    });

  for (const [what, statement] of unknown)
    it(`does not overlook ${what} that it does not know`, () => {
      const read = (): unknown => readIdentityPolicy({ Version: "2012-10-17", Statement: [statement] });
      assert.throws(read, UnknownPolicyElement);
    });

  it("reads only the version of the language that it knows", () => {
    for (const Version of [undefined, "2008-10-17"])
      assert.throws(() => readIdentityPolicy({ Version, Statement: [allow] }), UnknownPolicyElement);
  });

  it("names the statement that decided", () => {
    const Statement = [
      { ...allow, Sid: "May" },
      { ...deny, Sid: "MayNot", Resource: "*secret:prod/*" },
    ];
    const policies = [readIdentityPolicy({ Version: "2012-10-17", Statement })];
    const sidOf = (name: string) =>
      evaluate(policies, { action, resource: resource.replace("orders", name), context: {} });
    assert.deepEqual(sidOf("orders"), { effect: "allow", sid: "May" });
    assert.deepEqual(sidOf("prod"), { effect: "deny", sid: "MayNot" });
  });
});
