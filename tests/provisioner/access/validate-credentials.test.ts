import assert from "node:assert/strict";
import type { LoginClaim, RotationSpec, SecretSpec } from "../../../provisioner/access/claims";
import { normaliseClaim } from "../../../provisioner/access/normalise";
import type { Product } from "../../../provisioner/access/server";
import { claimProblems } from "../../../provisioner/access/validate";

const base: LoginClaim = { kind: "login", name: "app", auth: { kind: "password" }, deletion: "drop" };
const login = (more: Partial<LoginClaim>): LoginClaim => ({ ...base, ...more });
const secret = (spec: SecretSpec): LoginClaim => login({ auth: { kind: "password", secret: spec } });
const rotated = (rotation: RotationSpec, more: Partial<LoginClaim> = {}): LoginClaim => login({ rotation, ...more });
const supplied = (suppliedSecretArn: string, more: Partial<LoginClaim> = {}): LoginClaim =>
  login({ auth: { kind: "password", suppliedSecretArn }, ...more });

const key = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555";
const theirs = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/app-a1b2c3";
const lambda = "arn:aws:lambda:eu-west-1:123456789012:function:rotate-them";
const deep = (levels: number): string => "/a".repeat(levels);

const problemsOf = (claim: LoginClaim, product: Product) =>
  claimProblems(claim, { product, secretNamePrefixes: ["rds-"], account: "123456789012", region: "eu-west-1" });

const bad: [LoginClaim, Product, string, string, RegExp][] = [
  [secret({ readers: ["*"] }), "postgresql", "InvalidInput", "auth.secret.readers[0]", /"\*" is not an account id/],
  [secret({ readers: ["12345"] }), "postgresql", "InvalidInput", "auth.secret.readers[0]", /"12345".*12 digits/],
  [
    secret({ readers: ["123456789012", "arn:aws:iam::123456789012:role/*"] }),
    "mysql",
    "InvalidInput",
    "auth.secret.readers[1]",
    /ARN of an IAM role/,
  ],
  [
    secret({ readers: ["arn:aws:iam::210987654321:role/reports"] }),
    "postgresql",
    "InvalidInput",
    "auth.secret.readers[0]",
    /210987654321:role\/reports is in another account.*kmsKeyArn/,
  ],
  [
    secret({ readers: ["210987654321"], kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:alias/aws/secretsmanager" }),
    "postgresql",
    "InvalidInput",
    "auth.secret.readers[0]",
    /another account/,
  ],
  [
    secret({ replicas: [{ region: "Ireland" }] }),
    "postgresql",
    "InvalidInput",
    "auth.secret.replicas[0].region",
    /"Ireland".*"eu-west-1"/,
  ],
  [
    secret({ replicas: [{ region: "eu-north-1" }, { region: "eu-north-1", kmsKeyArn: key }] }),
    "postgresql",
    "InvalidInput",
    "auth.secret.replicas[1].region",
    /eu-north-1 twice/,
  ],
  [
    secret({ replicas: [{ region: "eu-west-1" }] }),
    "mariadb",
    "InvalidInput",
    "auth.secret.replicas[0].region",
    /where the secret itself is/,
  ],
  [
    secret({ inherit: { tags: ["team", "aws:cloudformation:stack-id"] } }),
    "postgresql",
    "InvalidInput",
    "auth.secret.inherit.tags[1]",
    /AWS's own/,
  ],
  ...["db-access:principal", "create_by_user_automation", "Creation_Timestamp"].map(
    (tag): [LoginClaim, Product, string, string, RegExp] => [
      secret({ inherit: { tags: [tag] } }),
      "postgresql",
      "InvalidInput",
      "auth.secret.inherit.tags[0]",
      /belongs to/,
    ],
  ),
  [
    secret({ inherit: { rotation: true } }),
    "postgresql",
    "InvalidInput",
    "auth.secret.inherit.rotation",
    /rotation is missing/,
  ],
  [supplied("s3cret-Passw0rd"), "postgresql", "InvalidInput", "auth.suppliedSecretArn", /not the ARN of a secret/],
  [
    login({ auth: { kind: "password", suppliedSecretArn: theirs, secret: { recoveryDays: 7 } } }),
    "postgresql",
    "InvalidInput",
    "auth.secret",
    /no other is made; remove auth\.secret/,
  ],
  [supplied(theirs, { passwordVersion: 1 }), "mysql", "InvalidInput", "passwordVersion", /not reset here/],
  [
    supplied(theirs, { rotation: { strategy: "dual", days: 7 } }),
    "mysql",
    "InvalidInput",
    "rotation",
    /its owner rotates/,
  ],
  [
    rotated({ strategy: "alternating", days: 7 }, { auth: { kind: "iam" } }),
    "postgresql",
    "RotationRefused",
    "rotation",
    /IAM login has no password/,
  ],
  [rotated({ days: 7 }), "postgresql", "InvalidInput", "rotation.strategy", /"alternating" on PostgreSQL/],
  [rotated({ days: 7 }), "mysql", "InvalidInput", "rotation.strategy", /"dual" on MySQL/],
  [rotated({ strategy: "dual", days: 7 }), "postgresql", "RotationRefused", "rotation.strategy", /"alternating"/],
  [rotated({ strategy: "dual", days: 7 }), "mariadb", "RotationRefused", "rotation.strategy", /MariaDB keeps no/],
  [rotated({ strategy: "alternating", days: 7 }), "mysql", "RotationRefused", "rotation.strategy", /use "dual"/],
  [
    rotated({ strategy: "single", functionArn: lambda, days: 7 }),
    "mysql",
    "InvalidInput",
    "rotation.strategy",
    /in its own way/,
  ],
  [rotated({ strategy: "single" }), "mysql", "InvalidInput", "rotation.days", /says nowhere when/],
  [
    rotated({ strategy: "single", days: 7, schedule: "rate(7 days)" }),
    "mysql",
    "InvalidInput",
    "rotation.schedule",
    /keep one/,
  ],
  [
    rotated(
      { strategy: "single", schedule: "rate(7 days)" },
      { auth: { kind: "password", secret: { inherit: { rotation: true } } } },
    ),
    "mysql",
    "InvalidInput",
    "rotation.schedule",
    /inherit\.rotation both say when/,
  ],
  [rotated({ strategy: "single", days: 0 }), "mysql", "InvalidInput", "rotation.days", /1 to 1000/],
  [rotated({ strategy: "single", days: 1001 }), "mysql", "InvalidInput", "rotation.days", /is 1001/],
  [rotated({ strategy: "dual", days: 1.5 }), "mysql", "InvalidInput", "rotation.days", /whole days/],
  [
    rotated({ strategy: "dual", days: 1, graceSeconds: 86_400 }),
    "mysql",
    "InvalidInput",
    "rotation.graceSeconds",
    /is 86400, but the next rotation comes after 86400/,
  ],
  [
    rotated({ strategy: "dual", schedule: "rate(4 hours)", graceSeconds: 14_400 }),
    "mysql",
    "InvalidInput",
    "rotation.graceSeconds",
    /after 14400/,
  ],
  [
    rotated({ strategy: "dual", days: 1, graceSeconds: -1 }),
    "mysql",
    "InvalidInput",
    "rotation.graceSeconds",
    /whole number/,
  ],
  [
    rotated({ strategy: "single", days: 1, graceSeconds: 60 }),
    "mysql",
    "InvalidInput",
    "rotation.graceSeconds",
    /keeps no former/,
  ],
  [
    rotated({ functionArn: lambda, days: 1, graceSeconds: 60 }),
    "mysql",
    "InvalidInput",
    "rotation.graceSeconds",
    /in its own way/,
  ],
  [
    rotated({ functionArn: "rotate-them", days: 1 }),
    "mysql",
    "InvalidInput",
    "rotation.functionArn",
    /"rotate-them" is not the ARN of a Lambda/,
  ],
  [
    rotated({ strategy: "alternating", days: 7 }, { name: "a".repeat(62) }),
    "postgresql",
    "NameTooLong",
    "username",
    /_a and _b.*64 bytes/,
  ],
  [
    rotated({ strategy: "alternating", days: 7 }, { name: "a".repeat(127) }),
    "mariadb",
    "NameTooLong",
    "username",
    /129 characters/,
  ],
  ...["orders/api", "", "/", "/orders//api", "/orders/a b", "/orders/ä", "/orders/api//"].map(
    (parameterPath): [LoginClaim, Product, string, string, RegExp] => [
      login({ parameterPath }),
      "postgresql",
      "InvalidInput",
      "parameterPath",
      /is not a parameter path/,
    ],
  ),
  [login({ parameterPath: "/aws/orders" }), "postgresql", "InvalidInput", "parameterPath", /keeps for AWS/],
  [login({ parameterPath: "/SSM-orders" }), "postgresql", "InvalidInput", "parameterPath", /keeps for AWS/],
  [login({ parameterPath: deep(15) }), "postgresql", "InvalidInput", "parameterPath", /15 levels.*room for 14/],
  [login({ parameterPath: `/${"a".repeat(900)}` }), "mysql", "InvalidInput", "parameterPath", /901 characters/],
  [
    login({ parameterPasswordKeyArn: key }),
    "postgresql",
    "InvalidInput",
    "parameterPasswordKeyArn",
    /parameterPath, which is missing/,
  ],
  [
    login({ auth: { kind: "iam" }, parameterPath: "/a", parameterPasswordKeyArn: key }),
    "postgresql",
    "InvalidInput",
    "parameterPasswordKeyArn",
    /no password to publish/,
  ],
  ...["alias/aws/ssm", "arn:aws:kms:eu-west-1:123456789012:alias/aws/ssm"].map(
    (parameterPasswordKeyArn): [LoginClaim, Product, string, string, RegExp] => [
      login({ parameterPath: "/a", parameterPasswordKeyArn }),
      "postgresql",
      "InvalidInput",
      "parameterPasswordKeyArn",
      /one of your own/,
    ],
  ),
];

const good: [LoginClaim, Product][] = [
  [secret({ readers: [], replicas: [], inherit: {} }), "postgresql"],
  [
    secret({
      kmsKeyArn: key,
      readers: ["210987654321", "arn:aws-cn:iam::210987654321:root", "arn:aws:iam::123456789012:user/ops/ann"],
      replicas: [{ region: "us-gov-west-1" }, { region: "eu-north-1", kmsKeyArn: key }],
      inherit: { policy: true, tags: ["team", "Cost Centre:1"] },
    }),
    "mysql",
  ],
  [secret({ readers: ["123456789012"] }), "postgresql"],
  [supplied(theirs), "postgresql"],
  [supplied(theirs.replace("team/app-a1b2c3", "rds!db-0b5d"), { parameterPath: "/a" }), "mariadb"],
  [rotated({ strategy: "alternating", days: 1 }, { name: "a".repeat(61), connectionLimit: 5 }), "postgresql"],
  [rotated({ strategy: "alternating", days: 1000, graceSeconds: 0 }, { hosts: ["10.0.%"] }), "mariadb"],
  [rotated({ strategy: "dual", schedule: "rate(4 hours)", graceSeconds: 14_399 }, { locked: true }), "mysql"],
  [rotated({ strategy: "single", days: 30, graceSeconds: 0 }), "postgresql"],
  [rotated({ functionArn: `${lambda}:live`, schedule: "rate(1 day)" }), "mysql"],
  [rotated({ strategy: "dual" }, { auth: { kind: "password", secret: { inherit: { rotation: true } } } }), "mysql"],
  [login({ parameterPath: "/orders/api/", parameterPasswordKeyArn: key }), "postgresql"],
  [login({ parameterPath: deep(14), parameterPasswordKeyArn: key.split("/")[1] }), "mysql"],
  [login({ auth: { kind: "iam" }, parameterPath: "/a.b-c_d/E1" }), "postgresql"],
];

/** The examples of the User Guide, page "Rotation schedules", and what it rules out. */
const schedules = {
  good: [
    "rate(4 hours)",
    "rate(1 day)",
    "rate(999 days)",
    "cron(0 /8 * * ? *)",
    "cron(0 8/8 * * ? *)",
    "cron(0 10 * * ? *)",
    "cron(0 18 ? * SAT *)",
    "cron(0 8 1/7 * ? *)",
    "cron(0 1 ? 1/3 SUN#1 *)",
    "cron(0 17 L * ? *)",
    "cron(0 8 ? * MON-FRI *)",
    "cron(0 16 1,15 JAN,jul ? *)",
    "cron(0 0 ? * 7L *)",
  ],
  bad: {
    "rate(3 hours)": /4 hours to 999 days/,
    "rate(1000 days)": /1 to 999 days/,
    "rate(0 days)": /1 to 999 days/,
    "rate(10 weeks)": /rate\(12 hours\)/,
    "10 days": /write "rate\(10 days\)" or/,
    "cron(0 4 * * ?)": /six fields/,
    "cron(30 4 * * ? *)": /minutes must be 0/,
    "cron(* 4 * * ? *)": /minutes must be 0/,
    "cron(0 24 * * ? *)": /hours must be 0 to 23/,
    "cron(0 4/0 * * ? *)": /hours/,
    "cron(0 4 32 * ? *)": /day of the month must be/,
    "cron(0 4 ? FOO MON *)": /month must be/,
    "cron(0 4 ? * MON#6 *)": /day of the week must be/,
    "cron(0 4 ? * 0 *)": /day of the week must be/,
    "cron(0 4 ? * MON 2027)": /year must be \*/,
  },
};

describe("what a claim says about credentials", () => {
  it("names the property, the value and the fix of everything that cannot be", () => {
    for (const [claim, product, code, property, message] of bad) {
      const problems = problemsOf(claim, product);
      const words = `${property} of ${JSON.stringify(claim)}: ${JSON.stringify(problems)}`;
      assert.deepEqual(
        problems.map((problem) => [problem.code, problem.property]),
        [[code, property]],
        words,
      );
      assert.match(problems[0].message, message, words);
      assert.match(problems[0].message, /\.$/);
    }
  });

  it("finds nothing in what can be", () => {
    for (const [claim, product] of good) assert.deepEqual(problemsOf(claim, product), [], JSON.stringify(claim));
  });

  it("never repeats what stands in the place of a secret's ARN", () => {
    for (const value of ["hunter2", "arn:aws:secretsmanager:hunter2", "arn:aws:ssm:eu-west-1:1:parameter/hunter2"]) {
      const problems = problemsOf(supplied(value), "postgresql");
      assert.equal(problems.length, 1);
      assert.doesNotMatch(JSON.stringify(problems), /hunter2/);
    }
  });

  it("takes the schedules that Secrets Manager takes, and says what is wrong with others", () => {
    const problem = (schedule: string) => problemsOf(rotated({ strategy: "single", schedule }), "mysql");
    for (const schedule of schedules.good) assert.deepEqual(problem(schedule), [], schedule);
    for (const [schedule, message] of Object.entries(schedules.bad)) {
      const [first] = problem(schedule);
      assert.equal(first?.property, "rotation.schedule", schedule);
      assert.match(first.message, message);
      assert.ok(first.message.startsWith(JSON.stringify(schedule)), first.message);
    }
  });

  it("leaves other accounts and the own Region to the provisioner where they are not known", () => {
    const claim = secret({ readers: ["210987654321"], replicas: [{ region: "eu-west-1" }] });
    assert.deepEqual(claimProblems(claim, { product: "postgresql", secretNamePrefixes: ["rds-"] }), []);
  });

  it("has one form for what means the same", () => {
    const claim = (spec: SecretSpec, parameterPath: string): LoginClaim => ({ ...secret(spec), parameterPath });
    const one = claim(
      {
        readers: ["arn:aws:iam::123456789012:role/b", "210987654321", "arn:aws:iam::123456789012:role/a"],
        replicas: [{ region: "eu-north-1" }, { region: "eu-central-1", kmsKeyArn: key }],
        inherit: { tags: ["team", "cost"] },
      },
      "/orders/api/",
    );
    const other = claim(
      {
        readers: [
          "arn:aws:iam::123456789012:role/a",
          "arn:aws:iam::210987654321:root",
          "arn:aws:iam::123456789012:role/b",
          "210987654321",
        ],
        replicas: [{ region: "eu-central-1", kmsKeyArn: key }, { region: "eu-north-1" }],
        inherit: { tags: ["cost", "team", "cost"] },
      },
      "/orders/api",
    );
    assert.deepEqual(normaliseClaim(one), normaliseClaim(other));
    assert.deepEqual(normaliseClaim(base), base);
  });
});
