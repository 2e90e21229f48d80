import { dialects, insert, remove, select } from "../dialect";
import type { Tell } from "../narrator";
import { type Proof, observe, prove } from "../proof";
import { analyst, app, as, asLogin, byHand, reporter, type Scene } from "../scene";
import type { Stage } from "../stage";

export async function deploy(stage: Stage): Promise<void> {
  stage.narrator.heading(
    "2. pulumi up of examples/first-run: a database, its owner, its table, three users, their grants",
  );
  await stage.onAll("pulumi up, then logging in as each user", async (scene, tell) => {
    await stage.run(scene, "up", tell);
    tell("logging in");
    return [...(await passwordProofs(stage, scene)), ...(await iamProofs(stage, scene, tell))];
  });
}

async function passwordProofs(stage: Stage, scene: Scene): Promise<Proof[]> {
  const { engine } = scene;
  const proofs: Proof[] = [];
  await as(stage.stack, scene, app, async (session) => {
    const who = { on: engine, who: app };
    const [{ cipher }] = await session.run(dialects[engine].cipher);
    proofs.push(
      observe(
        { ...who, what: "log in with the password of the secret" },
        String(cipher) !== "",
        `over ${String(cipher)}`,
      ),
      await prove({ ...who, what: "INSERT into orders" }, "allowed", () => session.run(insert)),
      await prove({ ...who, what: "SELECT from orders" }, "allowed", () => session.run(select)),
      await prove({ ...who, what: "DELETE from orders" }, "refused", () => session.run(remove)),
      await prove({ ...who, what: "CREATE TABLE" }, "refused", () => session.run("CREATE TABLE mine (id int)")),
      await prove({ ...who, what: "DROP TABLE orders" }, "refused", () => session.run("DROP TABLE orders")),
    );
  });
  await as(stage.stack, scene, analyst, async (session) => {
    const who = { on: engine, who: analyst };
    proofs.push(
      await prove({ ...who, what: "SELECT from orders" }, "allowed", () => session.run(select)),
      await prove({ ...who, what: "INSERT into orders" }, "refused", () => session.run(insert)),
    );
  });
  return proofs;
}

/** Nobody logs in with IAM here: there is no AWS that would check the token. What can be proven without is. */
const iamProofs = (stage: Stage, scene: Scene, tell: Tell): Promise<Proof[]> =>
  scene.engine === "postgresql" ? iamByCatalog(scene) : iamRefused(stage, scene, tell);

async function iamByCatalog(scene: Scene): Promise<Proof[]> {
  const who = { on: scene.engine, who: reporter };
  const [{ member }] = await byHand(scene, [`SELECT pg_has_role('${reporter}', 'rds_iam', 'MEMBER') AS member`]);
  const arn = String(scene.outputs.reporterConnectArn);
  return [
    observe({ ...who, what: "member of rds_iam" }, member === true, String(member)),
    await prove({ ...who, what: "log in with a password" }, "refused", () =>
      asLogin(scene, reporter, "any password", (session) => session.run("SELECT 1")),
    ),
    observe({ ...who, what: "iamConnectArn" }, /^arn:aws:rds-db:.*:dbuser:.*\/orders_reporter$/.test(arn), arn),
  ];
}

async function iamRefused(stage: Stage, scene: Scene, tell: Tell): Promise<Proof[]> {
  const { principals } = dialects[scene.engine];
  const before = await byHand(scene, [principals]);
  const wanted = { ...scene, config: { ...scene.config, iam: "true" } };
  const { reason, counts } = await stage.run(wanted, "up", tell, true);
  const after = await byHand(scene, [principals]);
  const changed = counts.created + counts.updated + counts.deleted + counts.replaced;
  const nothing = changed === 0 && JSON.stringify(before) === JSON.stringify(after);
  const who = { on: scene.engine, who: reporter };
  return [
    observe(
      { ...who, what: "an IAM user, which only RDS has" },
      reason?.code === "IamUnavailable",
      reason?.code ?? "created",
    ),
    observe({ ...who, what: "what the refused update changed" }, nothing, nothing ? "nothing" : `${changed} resources`),
  ];
}
