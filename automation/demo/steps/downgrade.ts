import { insert, select } from "../dialect";
import { engineTitle } from "../options";
import { observe, prove } from "../proof";
import { app, as, schema } from "../scene";
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
  const foretold = previews.flatMap(({ scene, result }) => {
    const said = result.messages.filter((message) => message.severity === "info" && message.resource !== undefined);
    narrator.note(`${engineTitle[scene.engine]} says what it will do:`);
    narrator.quote(said.flatMap(({ resource, text }) => text.split("\n").map((line) => `${resource}: ${line}`)));
    const proof = said.some(({ text }) => /revoke .*INSERT/.test(text));
    const again = [
      ...result.messages.filter(({ resource }) => resource === schema).map(({ text }) => text),
      ...result.changes.filter(({ name }) => name === schema).map(({ operation }) => operation),
    ].filter((what) => what !== "same");
    return [
      observe(
        { on: scene.engine, who: app, what: "preview names the INSERT it revokes" },
        proof,
        proof ? "named" : "not named",
      ),
      observe(
        { on: scene.engine, who: schema, what: "preview of the files that have run" },
        again.length === 0,
        again.length === 0 ? "nothing to run" : again.join("; "),
      ),
    ];
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
