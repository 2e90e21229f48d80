import type { ResourceChange, StackResult } from "../../run/messages";
import { dialects, remove, select, update } from "../dialect";
import type { Tell } from "../narrator";
import { type Proof, observe, prove } from "../proof";
import { analyst, app, as, byHand, type Scene } from "../scene";
import type { Stage } from "../stage";

export async function drift(stage: Stage): Promise<void> {
  stage.narrator.heading("4. Drift: somebody grants and revokes by hand");
  await stage.onAll("changes by hand, pulumi refresh, pulumi up", async (scene, tell) => {
    const dialect = dialects[scene.engine];
    tell("granting and revoking by hand");
    await byHand(scene, [
      dialect.handGrant("DELETE", app),
      dialect.handGrant("UPDATE", analyst),
      dialect.handRevoke("SELECT", analyst),
    ]);
    const before = await byHandTook(stage, scene);
    const refreshed = await stage.run(scene, "refresh", tell);
    return [...before, ...found(scene, refreshed), ...(await repaired(stage, scene, tell))];
  });
}

async function byHandTook(stage: Stage, scene: Scene): Promise<Proof[]> {
  const on = scene.engine;
  return [
    await as(stage.stack, scene, app, (session) =>
      prove({ on, who: app, what: "by hand: DELETE from orders" }, "allowed", () => session.run(remove)),
    ),
    await as(stage.stack, scene, analyst, (session) =>
      prove({ on, who: analyst, what: "by hand: SELECT taken away" }, "refused", () => session.run(select)),
    ),
  ];
}

function found(scene: Scene, { changes }: StackResult): Proof[] {
  const on = scene.engine;
  const drifted = lines(changes, "app", "drift").filter((line) => line.includes("DELETE"));
  const missing = lines(changes, "analyst", "drift").filter((line) => line.includes("SELECT"));
  const foreign = lines(changes, "analyst", "unmanaged").filter((line) => line.includes("UPDATE"));
  const says = (found: readonly string[]): string => (found.length === 0 ? "nothing" : found.join("; "));
  return [
    observe({ on, who: app, what: "refresh names the extra (exclusive)" }, drifted.length > 0, says(drifted)),
    observe({ on, who: analyst, what: "refresh names what is missing" }, missing.length > 0, says(missing)),
    observe({ on, who: analyst, what: "listed as unmanaged (additive)" }, foreign.length > 0, says(foreign)),
  ];
}

/** Lines of an output of a grant, as the refresh left it. */
function lines(changes: readonly ResourceChange[], grant: string, output: string): string[] {
  const change = changes.find(({ kind, name }) => kind === "DbGrant" && name === grant);
  const value = change?.after?.[output];
  return Array.isArray(value) ? value.map(String) : [];
}

async function repaired(stage: Stage, scene: Scene, tell: Tell): Promise<Proof[]> {
  await stage.run(scene, "up", tell);
  const on = scene.engine;
  const asApp = await as(stage.stack, scene, app, async (session) => [
    await prove({ on, who: app, what: "after up: DELETE from orders" }, "refused", () => session.run(remove)),
  ]);
  const asAnalyst = await as(stage.stack, scene, analyst, async (session) => [
    await prove({ on, who: analyst, what: "after up: SELECT is back" }, "allowed", () => session.run(select)),
    await prove({ on, who: analyst, what: "after up: UPDATE left alone" }, "allowed", () => session.run(update)),
  ]);
  return [...asApp, ...asAnalyst];
}
