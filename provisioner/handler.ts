import { audit } from "./audit/audit";
import { readConfig } from "./config";
import { doorFor } from "./doors";
import { DbAccessError, toErrorBody } from "./errors";
import { assertPurpose, ending, invocationOf, type InvocationContext } from "./invocation";
import { serveMigrations } from "./migrations/serve";
import { asksForMigrations } from "./protocol/migrations";
import { reply } from "./reply";
import { parseRequest } from "./request";
import { serve, serveInventory } from "./serve";

/**
 * The Lambda's entry. A request for claims is always answered: a thrown error would be an unknown outcome. Whoever sends
 * an event learns of a failure only by an error.
 */
export async function handler(event: unknown, context: InvocationContext = {}): Promise<unknown> {
  const open = doorFor(event);
  if (open !== undefined) return failing(() => open(context));
  try {
    const config = readConfig();
    const invocation = invocationOf(config, context);
    return await ending(invocation, "claims", async () => {
      const request = audited(invocation, () => {
        const migrates = asksForMigrations(event);
        assertPurpose(config, [migrates ? "migrate" : "access"], migrates ? "migrations" : "claims");
        return parseRequest(event);
      });
      const named = { ...invocation, requestId: context.awsRequestId ?? request.requestId };
      switch (request.mode) {
        case "inventory":
          return serveInventory(named, request);
        case "migrations":
          return reply({ migration: await serveMigrations(named, request) });
        default:
          return serve(named, request);
      }
    });
  } catch (error) {
    logUnexpected(error);
    return reply({ error: toErrorBody(error) });
  }
}

/** Secrets Manager, EventBridge, Automation and Terraform see a failure, and try again or tell somebody. */
async function failing<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    logUnexpected(error);
    const { code, message } = toErrorBody(error);
    // eslint-disable-next-line preserve-caught-error -- the runtime logs causes, and a driver's may hold a statement
    throw new Error(`${code}: ${message}`);
  }
}

/** A request that cannot be read may have been meant to change something. */
function audited<T>({ config, requestId }: ReturnType<typeof invocationOf>, read: () => T): T {
  try {
    return read();
  } catch (error) {
    audit({ requestId, cluster: config.cluster, outcome: "refused", changes: [], error: toErrorBody(error) });
    throw error;
  }
}

function logUnexpected(error: unknown): void {
  if (error instanceof DbAccessError) return;
  console.error(JSON.stringify({ level: "error", name: nameOf(error), where: placeOf(error) }));
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

/** Where it happened, without the message: drivers put statements into theirs. */
const placeOf = (error: unknown): string[] =>
  error instanceof Error
    ? (error.stack ?? "")
        .split("\n")
        .filter((line) => line.startsWith("    at "))
        .slice(0, 5)
        .map((line) => line.trim())
    : [];
