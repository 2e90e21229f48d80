import assert from "node:assert/strict";
import mysql from "mysql2/promise";
import { Client } from "pg";
import type { Login } from "../support/world";
import type { Place } from "./place";

/** A client that tries one statement over one connection, again and again. */
export interface Looping {
  tries: number;
  /** Messages of the tries that failed. */
  failures: string[];
  stop(): Promise<void>;
}

interface Connected {
  query(sql: string): Promise<unknown>;
  end(): Promise<void>;
}

/** On MySQL in no database: what a session may do in its own is looked up only when it enters it. */
async function connect({ world }: Place, { user, password }: Login): Promise<Connected> {
  const { host, port, ca } = world.server;
  if (world.family === "mysql") return mysql.createConnection({ host, port, user, password, ssl: { ca } });
  const client = new Client({ host, port, user, password, database: "shop", ssl: { ca } });
  await client.connect();
  return client;
}

export async function startLooping(place: Place, login: Login, sql: string): Promise<Looping> {
  const client = await connect(place, login);
  let stopped = false;
  const looping: Looping = {
    tries: 0,
    failures: [],
    stop: async () => {
      stopped = true;
      await loop;
      await client.end();
    },
  };
  const loop = (async () => {
    while (!stopped) {
      await client.query(sql).catch((error: Error) => void looping.failures.push(error.message));
      looping.tries++;
    }
  })();
  return looping;
}

const ENOUGH_TRIES = 400;

/** Runs the changes, all of them and more than once, under a client that must not be refused a single time. */
export async function neverRefused(
  place: Place,
  login: Login,
  sql: string,
  changes: readonly (() => Promise<unknown>)[],
): Promise<void> {
  const looping = await startLooping(place, login, sql);
  try {
    for (let round = 0; round < 2 || looping.tries < ENOUGH_TRIES; round++)
      for (const change of changes) await change();
  } finally {
    await looping.stop();
  }
  const { failures, tries } = looping;
  assert.equal(failures.length, 0, `${failures.length} of ${tries} tries failed, the first with: ${failures[0]}`);
}
