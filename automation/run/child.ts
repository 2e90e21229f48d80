import { failureMessage } from "../errors";
import { type FromChild, type ToChild, noCounts } from "./messages";
import { runOperation } from "./operation";

/** The entry of a target's own process. It does one job and ends. */
function main(): void {
  const controller = new AbortController();
  const send = (message: FromChild): void => {
    if (process.connected) process.send?.(message);
  };
  // A parent that has died cannot be told the result; the engine still has to stop in an orderly way.
  process.on("disconnect", () => controller.abort());
  process.on("message", (message: ToChild) => {
    if (message.kind === "cancel") return controller.abort();
    void runOperation(message.job, (line) => send({ kind: "progress", line }), controller.signal)
      .catch((error: unknown) => ({
        status: "failed" as const,
        seconds: 0,
        counts: noCounts(),
        changes: [],
        messages: [],
        outputs: {},
        reason: { code: "Unexpected", message: failureMessage(error) },
      }))
      .then((result) => {
        send({ kind: "result", result });
        if (process.connected) process.disconnect();
      });
  });
  send({ kind: "ready" });
}

main();
