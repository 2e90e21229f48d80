import * as pulumi from "@pulumi/pulumi";
import type { Claim, ProvisionerRef } from "../../provisioner/protocol";
import { defaultClient } from "../client";
import { check } from "../lifecycle/check";
import { kinds, toClaim, type KindName } from "../lifecycle/kinds";
import { hasUnknown, PROVIDER_KEY, type Properties } from "../lifecycle/wire";
import { ownerOf } from "../owner";
import { previewLines, previewsOnline, type KnownClaim } from "../preview";
import { refOf, type ProvisionerInput } from "../reference";
import { declare } from "../registry";
import { providerTexts, typeOf } from "../shim";

/** What every resource takes. */
export interface CommonArgs {
  /**
   * The provisioner of the cluster: its ref, a Provisioner, {@link provisionerFromStack} or
   * {@link provisionerFromParameter}. Another ref of the same cluster is an update in place that only rewrites it.
   */
  provisioner: ProvisionerInput;
  /**
   * Whose claim this is, in place of `<organisation>/<URN>`. Only for moves and renames between stacks that Pulumi
   * cannot follow; a change hands over in place. 1 to 2048 characters.
   */
  ownerKey?: pulumi.Input<string>;
}

/**
 * What becomes of something that exists and is not ours. `true` takes it over. `"fromLedger"`, after a restore under a
 * new cluster name: takes over what the ledger of the cluster it came from says about it, and nothing else.
 */
export type Adopt = boolean | "fromLedger";

/** PostgreSQL: what deleting a login or role does with what it owns. Without either, `OwnsObjects` with the list. */
export interface OwnedObjectsArgs {
  /** Another role becomes the owner, in every database. Never the provisioner's own login. */
  reassignOwnedTo?: pulumi.Input<string>;
  /** True: what it owns is dropped, in every database. Default false. One of the two. */
  dropOwned?: pulumi.Input<boolean>;
}

/** Every output must be there from the beginning, or Pulumi never installs it on the object. */
function seeded(kind: KindName, given: Properties): Properties {
  const computed = [...kinds[kind].outputs, "onDelete", "drift"];
  if (kind === "DbUser") computed.push("username");
  return { ...Object.fromEntries(computed.map((key) => [key, undefined])), ...given };
}

function propsOf(kind: KindName, name: string, args: CommonArgs, parent: pulumi.Resource | undefined): Properties {
  const owner = ownerOf(name, typeOf(kind), parent);
  return seeded(kind, {
    ...args,
    provisioner: refOf(args.provisioner),
    ownerKey: pulumi.all([args.ownerKey, owner]).apply(([key, own]) => key ?? own),
  });
}

/**
 * What all resources of this package are: to the engine, dynamic resources. The SDK's class for those differs from
 * `CustomResource` only in the serializer, which is not needed here (`shim.ts`).
 */
export abstract class AccessResource extends pulumi.CustomResource {
  /** One sentence: what deleting this resource will do. */
  declare readonly onDelete: pulumi.Output<string>;
  /** What the last refresh found different and the next `up` will put right, one line each; empty after an `up`. */
  declare readonly drift: pulumi.Output<string[]>;

  protected constructor(kind: KindName, name: string, args: CommonArgs, opts?: pulumi.CustomResourceOptions) {
    const props = propsOf(kind, name, args, opts?.parent);
    const given = Object.keys(props).filter((key) => props[key] !== undefined);
    super(typeOf(kind), name, { ...props, [PROVIDER_KEY]: providerTexts[kind] }, opts);
    this.register(kind, name, Object.fromEntries(given.map((key) => [key, props[key]])));
    if (previewsOnline()) this.preview(kind, kind === "DbUser" ? [...given, "username"] : given);
  }

  /** As the program says it: a conflict is found before the engine has made anything. */
  private register(kind: KindName, name: string, inputs: Properties): void {
    pulumi.output(inputs).apply((known) => {
      const claimed = claimOf(kind, known);
      if (claimed === undefined) return;
      const { ref, claim, owner } = claimed;
      const conflict = declare(ref.cluster, claim, owner, `${kind} ${JSON.stringify(name)}`);
      if (conflict !== undefined) throw new pulumi.ResourceError(conflict, this, true);
    });
  }

  /** As the engine has it, after `ignoreChanges` and with the name that state keeps. Runs only when all is known. */
  private preview(kind: KindName, keys: string[]): void {
    const outputs = this as unknown as Record<string, pulumi.Output<unknown>>;
    let id: string | undefined;
    this.id.apply((known) => (id = known));
    pulumi.all(Object.fromEntries(keys.map((key) => [key, outputs[key]]))).apply(async (known) => {
      // Without it the program could end, and the engine close, before the answer is there.
      const done = pulumi.runtime.rpcKeepAlive();
      try {
        // The id is resolved together with the other outputs, some microtasks apart.
        await new Promise(setImmediate);
        const claimed = claimOf(kind, known as Properties);
        if (claimed === undefined) return;
        const lines = await previewLines(defaultClient(), { ...claimed, id });
        await Promise.all(lines.map(({ level, words }) => pulumi.log[level](words, this)));
      } finally {
        done();
      }
    });
  }
}

/** Undefined while something is unknown or wrong: the engine says that, in `check`. */
function claimOf(kind: KindName, known: Properties): Omit<KnownClaim, "id"> | undefined {
  // A name that was made from a prefix is what state has, not what the program says.
  const { username, ...rest } = known;
  const made = known.usernamePrefix !== undefined;
  const { inputs, failures } = check(kinds[kind], made ? known : {}, made ? rest : { ...rest, username });
  if (failures.length > 0 || hasUnknown(inputs)) return undefined;
  return {
    ref: inputs.provisioner as ProvisionerRef,
    owner: inputs.ownerKey as string,
    claim: toClaim(kinds[kind], inputs) as unknown as Claim,
  };
}
