import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { stringify } from "yaml";
import { exitCodes } from "../../exit-codes";
import type { FleetReport } from "../../report/report";
import { reportWords } from "../../report/words";
import type { Operation } from "../../run/messages";
import { insert, select } from "../dialect";
import { unreachableCluster } from "../options";
import { type Proof, observe, prove } from "../proof";
import { asLogin, database, type Scene } from "../scene";
import { readPassword, secretArnOf } from "../secrets";
import { type Stage, example } from "../stage";

export const support = "support";

export async function fleet(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.heading(`7. A fleet: one program, ${stage.scenes.length + 1} clusters, one of them unreachable`);
  writeFileSync(fleetFile(stage), stringify(fleetConfig(stage)));
  const [ran] = await narrator.together([
    { title: "db-access fleet up --config fleet.yaml", run: () => runFleet(stage, "up") },
  ]);
  narrator.note(`\n${reportWords(ran.report, narrator.colour)}\n\nexit status ${ran.status}`);
  const failed = ran.report.targets.filter((target) => target.status !== "succeeded");
  const only = failed.length === 1 && failed[0].target === unreachableCluster;
  const reason = failed[0]?.reason;
  const on = "fleet";
  narrator.proofs([
    observe(
      { on, who: "exit status", what: "says that some targets failed" },
      ran.status === exitCodes.someTargetsFailed,
      String(ran.status),
    ),
    observe(
      { on, who: unreachableCluster, what: "failed, alone, with a reason" },
      only && reason?.code === "NetworkPathDatabase",
      reason?.code ?? "none",
    ),
    ...(await Promise.all(stage.scenes.map((scene) => supportProofs(stage, scene)))).flat(),
  ]);
}

async function supportProofs(stage: Stage, scene: Scene): Promise<Proof[]> {
  const who = { on: scene.cluster, who: support };
  const secret = await readPassword(stage.stack, await secretArnOf(stage.stack, `${scene.cluster}/${support}`));
  return asLogin(scene, support, secret, async (session) => [
    await prove({ ...who, what: "SELECT from orders" }, "allowed", () => session.run(select)),
    await prove({ ...who, what: "INSERT into orders" }, "refused", () => session.run(insert)),
  ]);
}

const fleetFile = (stage: Stage): string => path.join(stage.directory, "fleet.yaml");

/** The file's form is that of `examples/fleet/fleet.yaml`; clusters and addresses are those of the local stack. */
function fleetConfig(stage: Stage): unknown {
  const clusters = [...stage.scenes.map((scene) => scene.cluster), unreachableCluster];
  return {
    version: 1,
    program: example("fleet"),
    project: "fleet",
    backend: stage.backend,
    concurrency: 2,
    defaults: { config: { database, "db-access:namespace": "demo" }, env: stage.stack.env() },
    targets: clusters.map((cluster) => ({
      name: cluster,
      provisioner: { parameter: stage.stack.targets[cluster].ref.discovery.parameter },
    })),
  };
}

export interface FleetRun {
  status: number;
  report: FleetReport;
}

/** The command itself, in a process of its own: its exit status is part of what is proven. */
export function runFleet(stage: Stage, operation: Operation): Promise<FleetRun> {
  const cli = path.join(__dirname, "..", "..", `cli${path.extname(__filename)}`);
  const args = [...process.execArgv, cli, "fleet", operation, "--config", fleetFile(stage), "--json"];
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      args,
      { env: stage.childEnv(), maxBuffer: 2 ** 24 },
      (error, stdout, stderr) => {
        try {
          resolve({ status: child.exitCode ?? -1, report: JSON.parse(stdout) as FleetReport });
        } catch {
          reject(new Error(`db-access fleet ${operation} gave no report: ${stderr.trim() || String(error)}`));
        }
      },
    );
    // The child's targets have to end in an orderly way too.
    stage.signal.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
  });
}
