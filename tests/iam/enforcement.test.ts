import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand } from "@aws-sdk/client-ssm";
import assert from "node:assert/strict";
import { evaluate, readIdentityPolicy, type IdentityPolicy } from "../../local/aws/iam";
import { ownershipTags } from "../../provisioner/access/secret-text";
import { versionsToTest } from "../support/versions";
import { forbidden, type Targets } from "./forbidden";
import { login, Place, roles, type RoleName } from "./place";
import { scenarios } from "./scenarios";
import { statements } from "./statements";

const withoutStatement = (policies: readonly IdentityPolicy[], sid: string): IdentityPolicy[] =>
  policies.map((policy) => ({ ...policy, Statement: policy.Statement.filter(({ Sid }) => Sid !== sid) }));

/** STS has a shorter name for it. */
const deniedName = /^AccessDenied(Exception)?$/;

// What AWS is asked is the same with every engine.
for (const version of versionsToTest("postgresql@17"))
  describe("the policies of the functions' roles", () => {
    let place: Place;
    let targets: Targets;

    before(async () => {
      place = await Place.start(version);
      const { secrets, world } = place;
      const tagged = Object.entries(ownershipTags("postgresql/stock/principal/app", "stock", "somebody"));
      const Tags = tagged.map(([Key, Value]) => ({ Key, Value }));
      const SecretString = JSON.stringify({ password: "not for us" });
      const theirs = await secrets.send(new CreateSecretCommand({ Name: "rds-stock-app-secret", SecretString, Tags }));
      const foreign = await secrets.send(new CreateSecretCommand({ Name: "rds-somebody", SecretString }));
      const plain = { Value: "x", Type: "String" } as const;
      await place.parameters.send(new PutParameterCommand({ Name: "/orders/notes", ...plain }));
      await place.parameters.send(new PutParameterCommand({ Name: "/orders/stock", ...plain, Tags }));
      targets = {
        own: "",
        theirs: theirs.ARN ?? "",
        foreign: foreign.ARN ?? "",
        admin: world.target.adminSecretArn,
      };
    });
    after(async () => place?.stop());

    for (const [what, run] of Object.entries(scenarios))
      it(`allow what is needed: ${what}`, async () => {
        await place.during(what, () => run(place));
        const denied = place.recorded.filter(
          ({ scenario, decision }) => scenario === what && decision.effect !== "allow",
        );
        assert.deepEqual(
          denied.map(({ action, resource }) => `${action} on ${resource}`),
          [],
        );
      });

    describe("deny everything else", () => {
      before(async () => {
        targets.own = await place.apply(login("own"));
      });

      for (const { role, what, sid, run } of forbidden)
        it(`${role}: ${what}`, async () => {
          const scenario = `${role}: ${what}`;
          const call = async (): Promise<unknown> => run(place, targets);
          const why =
            sid === undefined
              ? /because no identity-based policy allows|Access to KMS is not allowed/
              : /with an explicit deny in an identity-based policy/;
          await place.during(scenario, () => assert.rejects(call, { name: deniedName, message: why }));
          if (sid === undefined) return;
          const last = place.recorded.filter((check) => check.scenario === scenario).at(-1);
          assert.equal(last?.decision.sid, sid);
        });

      for (const role of roles)
        it(`${role}: from another network`, async () => {
          const ask = (): Promise<string | undefined> => place.knock(role);
          const code = await place.during(`${role}: from another network`, () => place.outside(role, ask));
          assert.equal(code, "AdminSecretUnavailable");
          assert.equal(await ask(), undefined);
        });
    });

    for (const role of roles)
      describe(`each statement of ${role} is needed`, () => {
        const policiesOf = (name: RoleName): IdentityPolicy[] =>
          place.world.stack.lambda
            .get(place.functionOf(name))
            .spec.rolePolicies?.(place.functionOf(name))
            .map(readIdentityPolicy) ?? [];

        /** In which scenarios a question has another answer than it had. */
        const brokenWithout = (sid: string): Set<string> => {
          const policies = withoutStatement(policiesOf(role), sid);
          const changed = place
            .of(role)
            .filter((one) => (evaluate(policies, one).effect === "allow") !== (one.decision.effect === "allow"));
          return new Set(changed.map(({ scenario }) => scenario));
        };

        it("and named in the table", () => {
          const sids = policiesOf(role).flatMap(({ Statement }) => Statement.map(({ Sid }) => Sid ?? ""));
          assert.deepEqual(sids.sort(), Object.keys(statements[role]).sort());
        });

        for (const [sid, scenario] of Object.entries(statements[role]))
          it(`without ${sid}: ${scenario}`, () => {
            const broken = brokenWithout(sid);
            assert.ok(broken.has(scenario), `without ${sid} fails only: ${[...broken].join("; ") || "nothing"}`);
          });

        it("and allows no action that nothing needs", () => {
          const allowed = policiesOf(role).flatMap(({ Statement }) =>
            Statement.filter(({ Effect }) => Effect === "Allow").flatMap(({ Sid, Action = [] }) =>
              Action.map((action) => `${Sid} ${action}`),
            ),
          );
          const used = new Set(place.of(role).map(({ action, decision }) => `${decision.sid} ${action}`));
          assert.deepEqual(
            allowed.filter((one) => !used.has(one)),
            [],
          );
        });
      });
  });
