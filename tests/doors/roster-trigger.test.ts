import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rosterPattern } from "../../components/provisioner/roster-pattern";
import { documentOf, graph, leanArgs, plainArgs } from "../components/provisioner/support/graph";
import { installMoto } from "../local/moto";

const rule = "aws:cloudwatch/eventRule:EventRule";
const target = "aws:cloudwatch/eventTarget:EventTarget";
const permission = "aws:lambda/permission:Permission";
const parameter = "/databases/users";

/** As in "Reference: Amazon EventBridge event patterns and types for Parameter Store" of the AWS documentation. */
const change = (detail: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  version: "0",
  id: "6a7e8feb-b491-4cf7-a9f1-bf3703497718",
  "detail-type": "Parameter Store Change",
  source: "aws.ssm",
  account: "123456789012",
  time: "2017-05-22T16:43:48Z",
  region: "us-east-2",
  resources: ["arn:aws:ssm:us-east-2:123456789012:parameter/databases/users"],
  detail: { operation: "Update", name: parameter, type: "String", description: "Everybody", ...detail },
  ...more,
});

describe("the trigger of a roster", () => {
  it("is there where a parameter is named, beside the clock or alone", async () => {
    const both = await graph(
      plainArgs({ rosterParameter: parameter, monitoring: { alarms: false, dashboard: false } }),
    );
    const alone = await graph(leanArgs({ rosterParameter: parameter }));
    for (const [made, rules] of [
      [both, ["roster", "schedule"]],
      [alone, ["roster"]],
    ] as const) {
      assert.deepEqual(
        made
          .of(rule)
          .map(({ name }) => name.replace("orders-", ""))
          .sort(),
        rules,
      );
      assert.deepEqual(JSON.parse(String(made.one(rule, "-roster").eventPattern)), rosterPattern(parameter));
      const { arn, deadLetterConfig, retryPolicy, targetId } = made.one(target, "-roster-target");
      assert.match(String(arn), /function:db-access-orders-access:live$/);
      const queue = "arn:aws:sqs:eu-central-1:111122223333:db-access-orders-dead-letters";
      assert.deepEqual([targetId, deadLetterConfig], ["access", { arn: queue }]);
      assert.deepEqual(retryPolicy, { maximumEventAgeInSeconds: 86400, maximumRetryAttempts: 185 });
      const { principal, sourceArn, qualifier } = made.one(permission, "-access-by-roster");
      const own = "arn:aws:events:eu-central-1:111122223333:rule/db-access-orders-roster";
      assert.deepEqual([principal, sourceArn, qualifier], ["events.amazonaws.com", own, "live"]);
      const policy = documentOf(String(made.one("aws:sqs/queuePolicy:QueuePolicy", "-policy").policy));
      assert.deepEqual(
        policy.Statement.map(({ Sid, Condition }) => [Sid, JSON.stringify(Condition).includes(own)]).sort(),
        [["FromTheRoster", true], ...(rules.length === 2 ? [["FromTheSchedule", false]] : [])],
      );
      const { environment } = made.one("aws:lambda/function:Function", "-access") as {
        environment: { variables: Record<string, string> };
      };
      assert.equal(environment.variables.DB_ACCESS_ROSTER_PARAMETER, parameter);
    }
    for (const name of ["/aws/users", "users*", "", "/db-access/orders", "/a//b"])
      await assert.rejects(graph(leanArgs({ rosterParameter: name })), /rosterParameter/, name);
  });

  it("has a pattern that meets changes of this parameter and of no other", async function () {
    this.timeout(300_000); // The first time, moto is fetched.
    const events: [Record<string, unknown>, boolean][] = [
      [change(), true],
      [change({ operation: "Create" }), true],
      [change({ operation: "Delete" }), true],
      [change({ operation: "LabelParameterVersion" }), false],
      [change({ name: "/databases/users2" }), false],
      [change({ name: "/databases" }), false],
      [change({ name: "databases/users" }), false],
      [change({ name: "/Databases/Users" }), false],
      [change({}, { source: "aws.s3" }), false],
      [change({}, { "detail-type": "Parameter Store Policy Action" }), false],
      [change({}, { detail: {} }), false],
    ];
    // Somebody else's matcher: EventBridge's own cannot be had here.
    const program = `import json, sys
from moto.events.models import EventPattern
given = json.load(sys.stdin)
pattern = EventPattern(None, given["pattern"])
print(json.dumps([pattern.matches_event(event) for event in given["events"]]))`;
    const answer = execFileSync(await installMoto(), ["-c", program], {
      input: JSON.stringify({ pattern: rosterPattern(parameter), events: events.map(([event]) => event) }),
      encoding: "utf8",
    });
    assert.deepEqual(
      JSON.parse(answer),
      events.map(([, met]) => met),
    );
  });
});
