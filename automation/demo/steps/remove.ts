import { dialects } from "../dialect";
import { type Inventory, inventory, leftOver, resourcesInState } from "../inventory";
import { type Proof, observe } from "../proof";
import { byHand, migrator, type Scene } from "../scene";
import { secretNames } from "../secrets";
import type { Stage } from "../stage";
import { runFleet } from "./fleet";

/** What was there before the first update, by cluster. */
export interface Before {
  servers: Map<Scene, Inventory>;
  secrets: string[];
}

export async function lookAround(stage: Stage): Promise<Before> {
  const servers = new Map<Scene, Inventory>();
  for (const scene of stage.scenes) servers.set(scene, await inventory(scene));
  return { servers, secrets: await secretNames(stage.stack) };
}

export async function remove(stage: Stage, before: Before): Promise<void> {
  const { narrator } = stage;
  narrator.heading("8. destroy: nothing is left");
  await narrator.together([
    {
      title: "db-access fleet destroy",
      run: async () => {
        const { report } = await runFleet(stage, "destroy");
        if (report.failed > 0) throw new Error(`The fleet's destroy failed: ${JSON.stringify(report.targets)}`);
      },
    },
  ]);
  await stage.onAll("pulumi destroy, then looking for what is left", async (scene, tell) => {
    await stage.run(scene, "destroy", tell);
    const had = before.servers.get(scene) ?? { principals: [], databases: [] };
    const has = await inventory(scene);
    const on = scene.engine;
    const [kept] = await byHand(scene, [dialects[on].shut(migrator)], "");
    const shut = kept === undefined || ["true", "1"].includes(String(kept.shut));
    return [
      none({ on, who: "server", what: "users and roles left" }, leftOver(had.principals, has.principals)),
      observe({ on, who: migrator, what: "which the provisioner keeps" }, shut, shut ? "cannot log in" : "can log in"),
      none({ on, who: "server", what: "databases left" }, leftOver(had.databases, has.databases)),
    ];
  });
  const resources = resourcesInState(stage.stateDirectory);
  narrator.proofs([
    none(
      { on: "AWS", who: "Secrets Manager", what: "secrets left" },
      leftOver(before.secrets, await secretNames(stage.stack)),
    ),
    observe(
      { on: "Pulumi", who: "state", what: "resources left" },
      resources === 0,
      resources === 0 ? "none" : String(resources),
    ),
  ]);
}

const none = (subject: Pick<Proof, "on" | "who" | "what">, left: readonly string[]): Proof =>
  observe(subject, left.length === 0, left.length === 0 ? "none" : left.join(", "));
