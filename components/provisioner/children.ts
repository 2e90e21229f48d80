import type * as pulumi from "@pulumi/pulumi";

/** The kinds of resources that a provisioner is made of. */
export const childKinds = [
  "alarm",
  "alias",
  "bucket",
  "bucketSetting",
  "dashboard",
  "endpoint",
  "function",
  "guard",
  "logGroup",
  "parameter",
  "permission",
  "queue",
  "queuePolicy",
  "role",
  "rolePolicy",
  "rule",
  "securityGroup",
  "securityGroupRule",
  "subscription",
  "target",
  "topic",
] as const;
export type ChildKind = (typeof childKinds)[number];

/** A child before it is made. */
export interface Child {
  name: string;
  args: Record<string, unknown>;
  opts: pulumi.CustomResourceOptions;
}

/** Says what is different. What is left out of the answer stays. */
export type ChildTransform = (child: Child) => Partial<Omit<Child, "name">> | undefined;

/** For each kind of child, the last word on its inputs and options. */
export type ChildTransforms<Kind extends string = ChildKind> = Partial<Record<Kind, ChildTransform>>;

const untagged: readonly string[] = [
  "alias",
  "bucketSetting",
  "dashboard",
  "guard",
  "permission",
  "queuePolicy",
  "rolePolicy",
  "subscription",
  "target",
];

/** Makes children that are parented, tagged, named after the component and transformed: all in the same way. */
export class Children<Kind extends string = ChildKind> {
  readonly made: pulumi.Resource[] = [];

  constructor(
    readonly parent: pulumi.ComponentResource,
    private readonly name: string,
    private readonly tags: Record<string, pulumi.Input<string>>,
    private readonly transforms: ChildTransforms<Kind> = {},
  ) {}

  make<Args extends object, Made extends pulumi.Resource>(
    kind: Kind,
    type: new (name: string, args: Args, opts?: pulumi.CustomResourceOptions) => Made,
    suffix: string,
    args: Args,
    opts: pulumi.CustomResourceOptions = {},
  ): Made {
    const tags = untagged.includes(kind) ? {} : { tags: this.tags };
    const child: Child = {
      name: `${this.name}-${suffix}`,
      args: { ...(args as Record<string, unknown>), ...tags },
      opts: { parent: this.parent, ...opts },
    };
    const changed = this.transforms[kind]?.(child) ?? {};
    const made = new type(child.name, (changed.args ?? child.args) as Args, changed.opts ?? child.opts);
    this.made.push(made);
    return made;
  }
}
