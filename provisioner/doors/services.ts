import { randomUUID } from "node:crypto";
import { connect } from "../connection";
import type { Invocation } from "../invocation";
import { MAX_CLAIMS_PER_REQUEST, type ClaimRequest, type ClaimResult } from "../protocol/messages";
import { protocolRange } from "../protocol/version";
import { serve } from "../serve";
import type { DoorServices } from "./door";

/** `told` is called once claims are on their way: from then on each has its own audit event. */
export function servicesOf(invocation: Invocation, told: () => void): DoorServices {
  const { config, requestId } = invocation;
  return {
    ...invocation,
    connect: () => connect(invocation),
    submit: async (mode, claims) => {
      if (mode === "apply") told();
      const results: ClaimResult[] = [];
      for (const part of inParts(claims)) {
        const answer = await serve(invocation, {
          protocols: protocolRange,
          requestId,
          mode,
          cluster: config.cluster,
          claims: part,
        });
        results.push(...answer.results);
      }
      return results;
    },
    recorded: async (query) => {
      const session = await connect(invocation);
      try {
        const rows = await session.ledger.read({ ids: [], idPrefixes: [], owners: [], grantees: [], ...query });
        return rows.filter(({ retained, id }) => !retained && id.startsWith(`${config.family}/${config.cluster}/`));
      } finally {
        await session.close();
      }
    },
  };
}

function inParts(claims: readonly ClaimRequest[]): ClaimRequest[][] {
  const parts: ClaimRequest[][] = [];
  for (let start = 0; start < claims.length; start += MAX_CLAIMS_PER_REQUEST)
    parts.push(claims.slice(start, start + MAX_CLAIMS_PER_REQUEST));
  return parts;
}

/** One operation of a door's own. */
export const claimOf = (request: Omit<ClaimRequest, "operationId">): ClaimRequest => ({
  operationId: randomUUID(),
  ...request,
});
