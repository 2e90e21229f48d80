import { select } from "../dialect";
import { observe, prove } from "../proof";
import { app, asLogin } from "../scene";
import { readPassword } from "../secrets";
import type { Stage } from "../stage";

export async function password(stage: Stage): Promise<void> {
  stage.narrator.heading("5. A new password: passwordVersion goes from 1 to 2");
  await stage.onAll("pulumi up, then logging in with the old and the new password", async (scene, tell) => {
    const secretOf = (): Promise<string> => readPassword(stage.stack, String(scene.outputs.appSecretArn));
    const old = await secretOf();
    scene.config.passwordVersion = "2";
    await stage.run(scene, "up", tell);
    const fresh = await secretOf();
    const who = { on: scene.engine, who: app };
    const logInWith = (value: string): Promise<unknown> => asLogin(scene, app, value, (session) => session.run(select));
    return [
      observe(
        { ...who, what: "the secret holds another password" },
        fresh !== old,
        fresh === old ? "the same" : "another",
      ),
      await prove({ ...who, what: "log in with the old password" }, "refused", () => logInWith(old)),
      await prove({ ...who, what: "log in with the secret's password" }, "allowed", () => logInWith(fresh)),
    ];
  });
}
