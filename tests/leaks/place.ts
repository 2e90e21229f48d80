import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { scramVerifier } from "../../provisioner/engines/postgresql/verifier";
import { makeVerifier } from "../../provisioner/engines/mysql/verifier";
import { Recorder, Scanner, type Places } from "../support/leaks";
import { byHand, startWorld, type World } from "../support/world";

/** One of a kind in every run, and with every character that is written differently somewhere. */
export const canary = (): string =>
  `Canary"${randomBytes(9).toString("hex")}'\\%&+ <$~>${randomBytes(9).toString("hex")}`;

/** A world with debug output wherever it can be turned on, whose admin's password is a canary. */
export interface LeakPlace {
  world: World;
  recorder: Recorder;
  /** Everything that the local stack has on disk. */
  directory: string;
  /** The functions' folder for temporary files. */
  temporary: string;
  /** What shall go wrong inside the functions from now on; see preload.js. */
  order(...what: ("break" | "crash" | "print" | "leave" | "crash-with-it")[]): void;
  places(): Promise<Places>;
  /** Places and files that hold a password. */
  leaks(): Promise<string[]>;
  stop(): Promise<void>;
}

/** Where the local stand-in for AWS and the local server keep what they are there to keep. */
export const keepers = ["aws.json", path.join("servers", "orders", "server.json")];

export async function startLeakPlace(version: string): Promise<LeakPlace> {
  const settings = version.startsWith("postgresql")
    ? { log_min_duration_statement: "0", log_min_error_statement: "debug5", log_min_messages: "debug1" }
    : undefined;
  const world = await startWorld(version, { settings });
  const directory = path.resolve(world.server.directory, "..", "..");
  const temporary = path.join(directory, "tmp");
  mkdirSync(temporary);
  const orders = path.join(directory, "order");
  const order: LeakPlace["order"] = (...what) => writeFileSync(orders, what.join(" "));
  order();
  const { functionName, rotateFunctionName } = world.target;
  for (const name of [functionName, rotateFunctionName]) {
    const { env } = world.stack.lambda.get(name).spec;
    await world.stack.lambda.updateFunction(name, {
      env: {
        ...env,
        TMPDIR: temporary,
        NODE_DEBUG: "*",
        NODE_OPTIONS: `--require ${path.join(__dirname, "preload.js")}`,
        LEAK_ORDER: orders,
      },
    });
  }
  const recorder = new Recorder(world);
  const admin = canary();
  recorder.passwords.add(admin);
  await byHand(world, undefined, adminStatement(world, admin));
  await world.stack.aws.direct("secretsmanager", "PutSecretValue", {
    SecretId: world.target.adminSecretArn,
    SecretString: JSON.stringify({ username: world.server.admin.user, password: admin }),
  });
  const places = (): Promise<Places> => recorder.places();
  return {
    world,
    recorder,
    directory,
    temporary,
    order,
    places,
    async leaks() {
      const scanner = new Scanner(recorder.passwords);
      return [...scanner.in(await places()), ...scanner.inFiles(directory).filter((file) => !keepers.includes(file))];
    },
    async stop() {
      recorder.stop();
      await world.stop();
    },
  };
}

/** Given as what the server stores, so that not even the test's own statement holds it. */
function adminStatement({ server, product }: World, password: string): string {
  const { user } = server.admin;
  switch (product) {
    case "postgresql":
      return `ALTER ROLE ${user} PASSWORD '${scramVerifier(password)}'`;
    case "mysql": {
      const stored = Buffer.from(makeVerifier(password, "caching_sha2_password"), "latin1").toString("hex");
      return `ALTER USER '${user}'@'%' IDENTIFIED WITH caching_sha2_password AS 0x${stored}`;
    }
    case "mariadb":
      return `ALTER USER '${user}'@'%' IDENTIFIED VIA mysql_native_password USING '${makeVerifier(password, "mysql_native_password")}'`;
  }
}
