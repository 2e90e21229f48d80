import { logIn, type Session } from "../automation/demo/login";
import { cluster, type World } from "./world";

/** What the benchmark's stack has made, counted where it is. */
export interface Inventory {
  principals: number;
  databases: number;
  claims: number;
  secrets: number;
}

export const nothing: Inventory = { principals: 0, databases: 0, claims: 0, secrets: 0 };

export const expected = (users: number, grants: number): Inventory => ({
  principals: users + 1,
  databases: 1,
  claims: users * (1 + grants) + 2,
  secrets: users,
});

export async function takeInventory({ server, stack, target }: World): Promise<Inventory> {
  const postgresql = server.spec.engine === "postgresql";
  const session = await logIn({ engine: postgresql ? "postgresql" : "mysql", server, ...server.superuser });
  try {
    const count = (query: string): Promise<number> => countOf(session, query);
    const place = { account: stack.account, region: stack.region };
    const secrets = stack.aws.secrets.of(place).filter(({ arn }) => arn !== target.adminSecretArn).length;
    return {
      principals: await count(
        postgresql
          ? `SELECT count(*) AS n FROM pg_roles WHERE rolname LIKE '${cluster}\\_%'`
          : `SELECT count(*) AS n FROM mysql.user WHERE user LIKE '${cluster}\\_%'`,
      ),
      databases: await count(
        postgresql
          ? `SELECT count(*) AS n FROM pg_database WHERE datname = '${cluster}'`
          : `SELECT count(*) AS n FROM information_schema.schemata WHERE schema_name = '${cluster}'`,
      ),
      claims: await count("SELECT count(*) AS n FROM db_access.claims WHERE state <> 'audit'"),
      secrets,
    };
  } finally {
    await session.end();
  }
}

const countOf = async (session: Session, query: string): Promise<number> => Number((await session.run(query))[0]?.n);

/** In words, what differs. */
export const differences = (when: string, found: Inventory, wanted: Inventory): string[] =>
  (Object.keys(wanted) as (keyof Inventory)[])
    .filter((key) => found[key] !== wanted[key])
    .map((key) => `${when}: ${found[key]} ${key}, not ${wanted[key]}`);
