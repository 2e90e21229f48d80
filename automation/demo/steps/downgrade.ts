import { insert, select } from "../dialect";
import { engineTitle } from "../options";
import { observe, prove } from "../proof";
import { app, as } from "../scene";
import type { Stage } from "../stage";

export async function downgrade(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.heading("3. The program changes: the application goes from write to read");
  for (const scene of stage.scenes) scene.config.access = "read";
  const previews = await narrator.together(
    stage.scenes.map((scene) => ({
      title: `${engineTitle[scene.engine]}: pulumi preview`,
      run: async (tell) => ({ scene, result: await stage.run(scene, "preview", tell) }),
    })),
  );
  const foretold = previews.map(({ scene, result }) => {
    const said = result.messages.filter((message) => message.severity === "info" && message.resource !== undefined);
    narrator.note(`${engineTitle[scene.engine]} says what it will do:`);
    narrator.quote(said.flatMap(({ resource, text }) => text.split("\n").map((line) => `${resource}: ${line}`)));
    const proof = said.some(({ text }) => /revoke .*INSERT/.test(text));
    return observe(
      { on: scene.engine, who: app, what: "preview names the INSERT it revokes" },
      proof,
      proof ? "named" : "not named",
    );
  });
  narrator.proofs(foretold);
  await stage.onAll("pulumi up, then logging in as the application", async (scene, tell) => {
    await stage.run(scene, "up", tell);
    const who = { on: scene.engine, who: app };
    return as(stage.stack, scene, app, async (session) => [
      await prove({ ...who, what: "INSERT into orders" }, "refused", () => session.run(insert)),
      await prove({ ...who, what: "SELECT from orders" }, "allowed", () => session.run(select)),
    ]);
  });
}
