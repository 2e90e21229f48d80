import path from "node:path";
import { ServerUnavailable } from "../../../local/servers";
import { type LocalTarget, startLocalStack } from "../../../local/stack";
import { CommandFailure } from "../../errors";
import { type DemoEngine, engineCluster, engineSpec, engineTitle, unreachableCluster } from "../options";
import { dialects } from "../dialect";
import { logIn } from "../login";
import { type Proof, prove } from "../proof";
import { type Scene, makeScene } from "../scene";
import { copyMigrations } from "../schema-files";
import type { Stage } from "../stage";

export async function start(stage: Stage, engines: readonly DemoEngine[]): Promise<void> {
  const { narrator } = stage;
  narrator.heading("1. A local stack: real servers, the real provisioner, AWS endpoints");
  const targets: LocalTarget[] = [
    ...engines.map((engine) => ({ cluster: engineCluster[engine], server: engineSpec[engine] })),
    { cluster: unreachableCluster, unreachable: true, engine: "postgresql" },
  ];
  const [local] = await narrator.together([
    {
      title: `Starting ${engines.map((engine) => engineTitle[engine]).join(" and ")}`,
      run: (tell) => startLocalStack({ directory: stage.localDirectory, targets, progress: tell }).catch(explain),
    },
  ]);
  stage.local = local;
  stage.scenes = engines.map((engine) =>
    makeScene(engine, local, copyMigrations(path.join(stage.directory, "migrations", engine))),
  );
  for (const { engine, server, cluster } of stage.scenes)
    narrator.note(
      `${engineTitle[engine]} ${server.version} on ${server.host}:${server.port}, provisioner published as /db-access/${cluster}`,
    );
  narrator.proofs(await Promise.all(stage.scenes.map(adminProof)));
}

/** What works here must work on RDS, whose master user is no superuser either. */
async function adminProof({ engine, server }: Scene): Promise<Proof> {
  const session = await logIn({ engine, server, ...server.admin });
  try {
    const { title, statement } = dialects[engine].superuserOnly;
    return await prove({ on: engine, who: `${server.admin.user}, the master user`, what: title }, "refused", () =>
      session.run(statement),
    );
  } finally {
    await session.end();
  }
}

function explain(error: unknown): never {
  if (error instanceof ServerUnavailable && /mysql/i.test(error.message))
    throw new CommandFailure(
      "ServerUnavailable",
      `${error.message} To go on without MySQL: npm run demo -- --engine postgresql`,
      undefined,
      { cause: error },
    );
  throw error;
}
