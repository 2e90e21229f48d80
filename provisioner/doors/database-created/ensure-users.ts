import { members } from "../../directory";
import type { DatabaseCreated } from "./event";
import { applied, carryOut, statusOf, wordsOf } from "../carry-out";
import type { DoorServices } from "../door";
import { claimOf } from "../services";
import type { DatabaseCreatedAnswer } from "./answer";
import { applicationGrants, applicationLogin, ownerOf, parametersOf } from "./application";
import { joining, leaving } from "./people";

/** The application's user first: it must not wait for a person whose name is taken. */
export async function ensureUsers(event: DatabaseCreated, services: DoorServices): Promise<DatabaseCreatedAnswer> {
  const { config, requestId, deadline } = services;
  // A directory that does not answer fails here, before anything is changed; nobody is taken for gone because of it.
  const people = await members(config, event.groups ?? [], deadline);
  const owner = ownerOf(event);
  const login = applicationLogin(event, config);
  const application = await carryOut(
    services,
    [login, ...applicationGrants(event, config)].map((claim) => claimOf({ action: "ensure", owner, claim })),
  );
  const gone = await leaving(event, services, new Set(people.map(({ username }) => username)));
  const requests = [...gone.requests, ...people.flatMap(({ username }) => joining(event, services, username))];
  const results = [...application, ...(requests.length === 0 ? [] : await applied(services, requests))];
  const secret = application.flatMap(({ outputs }) => outputs?.secretArn ?? []).at(0);
  return {
    request_id: requestId,
    cluster: config.cluster,
    database: event.database_name,
    username: login.name,
    ...(secret === undefined ? {} : { secret_arn: secret }),
    parameter_names: parametersOf(login),
    users: people.map(({ username, source }) => ({ username, source })),
    removed_users: gone.usernames,
    status: statusOf(results),
    changes: results.flatMap(wordsOf),
    warnings: results.flatMap(({ warnings }) => warnings),
  };
}
