import type * as pulumi from "@pulumi/pulumi";
import type { KindName } from "./lifecycle/kinds";
import type { Lifecycle } from "./lifecycle/lifecycle";

type Shim = pulumi.dynamic.ResourceProvider & { kind: KindName; load(): Lifecycle };

/**
 * What Pulumi serializes into the state of every resource, twice: kept as small as it can be, so an object rather than
 * a class. It captures nothing, and finds the package from the program's directory, which is the host's working
 * directory. So the package that is installed supplies the behaviour, and an upgrade repairs old state. ES2020 only:
 * without TypeScript in the program the serializer parses with an old version. See pulumi/pulumi#6490 and #8265.
 */
const shim = (kind: KindName): Shim => ({
  kind,
  load() {
    const directory = process.cwd();
    try {
      const from = process.getBuiltinModule("module").createRequire(`${directory}/index.js`);
      return from("pulumi-db-access/lifecycle")[this.kind];
    } catch (cause) {
      const [reason] = String(cause).split("\n");
      throw new Error(`pulumi-db-access cannot be loaded from ${directory}; install it there. ${reason}`, { cause });
    }
  },
  async check(olds, news) {
    return this.load().check(olds, news);
  },
  async diff(id, olds, news) {
    return this.load().diff(id, olds, news);
  },
  create(inputs) {
    return this.load().create(inputs);
  },
  read(id, props) {
    return this.load().read(id, props);
  },
  update(id, olds, news) {
    return this.load().update(id, olds, news);
  },
  delete(id, props) {
    return this.load().delete(id, props);
  },
});

/** One instance per kind and process: Pulumi caches the text per instance, and serializing takes its time. */
export const shims: Readonly<Record<KindName, pulumi.dynamic.ResourceProvider>> = {
  DbUser: shim("DbUser"),
  DbRole: shim("DbRole"),
  DbGrant: shim("DbGrant"),
  DbDatabase: shim("DbDatabase"),
  DbSchema: shim("DbSchema"),
};
