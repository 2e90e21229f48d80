import { engineTitle } from "./options";
import type { Stage } from "./stage";

/** How to reach what `--keep` leaves running. Passwords are in the secrets, and nowhere here. */
export function keptWords(stage: Stage): string {
  const exported = Object.entries({ ...stage.env(), PULUMI_BACKEND_URL: stage.backend });
  const servers = stage.scenes.map(
    ({ engine, server, outputs }) =>
      `  ${engineTitle[engine]} on ${server.host}:${server.port}, CA ${server.caFile}, the application's secret ${String(outputs.appSecretArn)}`,
  );
  return [
    "\nThe stack stays up until Ctrl-C:",
    ...servers,
    `  Pulumi project ${stage.project.directory}, with the Pulumi CLI in ${stage.pulumi}`,
    "\nIn another terminal:",
    ...exported.map(([name, value]) => `  export ${name}=${JSON.stringify(value)}`),
    `  export PATH="${stage.pulumi}:$PATH"`,
    `  pulumi -C ${stage.project.directory} --stack ${stage.scenes[0]?.stack} preview`,
  ].join("\n");
}

export async function waitForInterrupt(signal: AbortSignal): Promise<void> {
  // A listener alone does not keep the process alive.
  const alive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  clearInterval(alive);
}
