import { isLogin } from "../level";
import type { DatabaseCreated } from "./event";
import { applied, statusOf, wordsOf } from "../carry-out";
import type { DoorServices } from "../door";
import { claimOf } from "../services";
import type { DatabaseCreatedAnswer } from "./answer";
import { ownerOf, usernameOf } from "./application";
import { leaving } from "./people";

/** What the event has made for this application on this database, in the order in which it can go. */
export async function endUsers(event: DatabaseCreated, services: DoorServices): Promise<DatabaseCreatedAnswer> {
  const { config, requestId, recorded } = services;
  const owner = ownerOf(event);
  const username = usernameOf(event);
  const gone = await leaving(event, services, new Set());
  const own = (await recorded({ owners: [owner], grantees: [username] })).filter(
    (row) => row.owner === owner && row.grantee === username,
  );
  const requests = [...own.filter((row) => !isLogin(row)), ...own.filter(isLogin)].map(({ id, claim }) =>
    claimOf({ action: "remove", owner, id, claim }),
  );
  const all = [...gone.requests, ...requests];
  const results = all.length === 0 ? [] : await applied(services, all);
  return {
    request_id: requestId,
    cluster: config.cluster,
    database: event.database_name,
    username,
    parameter_names: {},
    users: [],
    removed_users: gone.usernames,
    status: statusOf(results),
    changes: results.flatMap(wordsOf),
    warnings: results.flatMap(({ warnings }) => warnings),
  };
}
