import fc from "fast-check";
import type { AuthSpec, RotationSpec, RoutineName, SecretSpec, Template } from "../../provisioner/access/claims";
import type { ClaimOrder } from "../../provisioner/access/plan";
import type { Family, Product } from "../../provisioner/access/server";
import type { Claim, GrantClaim, LoginClaim } from "../../provisioner/protocol";
import {
  products,
  familyOf,
  people,
  often,
  roles,
  databases,
  tables,
  some,
  maybe,
  schemaOf,
  world,
} from "./random-world";
import { suppliedArns } from "./simulated-aws";

const future = (family: Family): fc.Arbitrary<{ createdBy: string[] } | undefined> =>
  fc.constantFrom(undefined, family === "postgresql" ? { createdBy: ["boss"] } : undefined);

/** A target and the privileges it has. */
type Asked = Pick<GrantClaim, "on" | "privileges" | "template">;

function asked(family: Family): fc.Arbitrary<Asked> {
  const place = { database: often("shop", "depot"), schema: fc.constant(schemaOf(family) || undefined) };
  const whole = <T>(names: T[]): fc.Arbitrary<"*" | T[]> => fc.oneof(fc.constant<"*" | T[]>("*"), some(names, 1));
  const of = (on: fc.Arbitrary<GrantClaim["on"]>, ...privileges: string[]): fc.Arbitrary<Asked> =>
    fc.record({ on, privileges: some(privileges, 1) });
  const kind = <K extends GrantClaim["on"]["kind"]>(name: K): { kind: fc.Arbitrary<K> } => ({
    kind: fc.constant(name),
  });
  const routines: (string | RoutineName)[] =
    family === "postgresql" ? ["total(int)"] : [{ type: "function", name: "Total" }];
  return fc.oneof(
    {
      weight: 3,
      arbitrary: of(
        fc.record({ ...kind("tables"), ...place, tables: whole(tables), future: future(family) }),
        "INSERT",
        "SELECT",
      ),
    },
    of(fc.record({ ...kind("role"), role: fc.constantFrom(...roles), admin: maybe(fc.boolean()) }), "MEMBER"),
    of(
      fc.record({ ...kind("columns"), ...place, table: fc.constantFrom(...tables), columns: some(["id", "note"], 1) }),
      "INSERT",
      "SELECT",
    ),
    of(fc.record({ ...kind("routines"), ...place, routines: whole(routines), future: future(family) }), "EXECUTE"),
    ...(family === "postgresql"
      ? [
          of(fc.record({ ...kind("database"), database: place.database }), "CONNECT", "TEMPORARY"),
          of(fc.record({ ...kind("sequences"), ...place, sequences: whole(["orders_id_seq"]) }), "USAGE", "SELECT"),
          of(fc.record({ ...kind("types"), ...place, types: whole(["mood"]), future: future(family) }), "USAGE"),
          fc.record<Asked>({
            on: fc.record({ ...kind("schema"), ...place, schema: fc.constant("public"), future: future(family) }),
            template: fc.constantFrom<Template>("read", "readwrite", { extends: ["read"], privileges: ["INSERT"] }),
          }),
        ]
      : [
          of(fc.record({ ...kind("database"), database: place.database }), "SELECT", "INSERT"),
          of(fc.record(kind("global")), "PROCESS", "SELECT"),
        ]),
  );
}

/** Absence: of PUBLIC's on PostgreSQL, as a partial revoke on MySQL. */
const isTakeable = (family: Family, { on, privileges }: Asked): boolean =>
  privileges !== undefined &&
  (family === "mysql"
    ? on.kind === "database"
    : on.kind !== "role" && !("future" in on && on.future !== undefined) && on.kind !== "schema");

export const grantClaim = (family: Family): fc.Arbitrary<GrantClaim> =>
  asked(family).chain((about) =>
    fc
      .record({
        grantee: often("ann", "bob", "team", "boss", ...(family === "postgresql" ? ["PUBLIC"] : [])),
        mode: fc.constantFrom("additive" as const, "exclusive" as const),
        withGrantOption: maybe(fc.boolean()),
        reach: maybe(fc.boolean()),
        takes: fc.boolean(),
      })
      .map(({ takes, grantee, ...rest }): GrantClaim => {
        const kind = "grant" as const;
        if (takes && isTakeable(family, about) && (family === "mysql" || grantee === "PUBLIC"))
          return { kind, grantee, mode: "additive", effect: "revoke", ...about };
        const isPublic = grantee === "PUBLIC";
        return {
          kind,
          ...about,
          ...rest,
          grantee: isPublic && about.on.kind === "role" ? "ann" : grantee,
          ...(isPublic ? { withGrantOption: undefined, reach: undefined } : {}),
        };
      }),
  );

const keyArn = (name: string): string => `arn:aws:kms:eu-central-1:123456789012:key/${name}`;

const secretSpec: fc.Arbitrary<SecretSpec> = fc.record({
  name: maybe(often("orders/one", "orders/two")),
  kmsKeyArn: maybe(fc.constantFrom(keyArn("a"), keyArn("b"))),
  readers: maybe(some(["222222222222", "arn:aws:iam::333333333333:role/app"])),
  recoveryDays: maybe(fc.constantFrom(0, 8)),
  replicas: maybe(
    some(["eu-west-1", "eu-west-2"]).map((regions) => regions.map((region) => ({ region, kmsKeyArn: undefined }))),
  ),
  inherit: maybe(fc.record({ policy: maybe(fc.boolean()), tags: maybe(some(["team", "stage"])) })),
});

const auth: fc.Arbitrary<AuthSpec> = fc.oneof(
  fc.constant({ kind: "password" as const }),
  fc.record({ kind: fc.constant("password" as const), secret: secretSpec }),
  fc.record({ kind: fc.constant("password" as const), suppliedSecretArn: fc.constantFrom(...suppliedArns) }),
  fc.constant({ kind: "iam" as const }),
);

const rotation = (product: Product): fc.Arbitrary<RotationSpec> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        strategy: fc.constant(product === "mysql" ? ("dual" as const) : ("alternating" as const)),
        days: fc.constantFrom(7, 30),
      }),
    },
    fc.constant({ strategy: "single" as const, schedule: "rate(4 days)" }),
    fc.constant({ functionArn: "arn:aws:lambda:eu-central-1:123456789012:function:theirs", days: 3 }),
  );

/** Only one's own secret is rotated; validation refuses the rest. */
const rotated = (claim: LoginClaim): LoginClaim =>
  claim.auth.kind !== "password" || claim.auth.suppliedSecretArn !== undefined
    ? { ...claim, rotation: undefined }
    : claim;

const published = (claim: LoginClaim): LoginClaim =>
  claim.auth.kind === "iam" || claim.parameterPath === undefined
    ? { ...claim, parameterPasswordKeyArn: undefined }
    : claim;

const loginClaim = (product: Product): fc.Arbitrary<LoginClaim> =>
  fc
    .record({
      kind: fc.constant("login" as const),
      name: fc.constantFrom(...people),
      hosts: maybe(product !== "postgresql" ? some(["%", "10.0.%"], 1) : fc.constant(undefined)),
      auth,
      database: maybe(fc.constantFrom(...databases)),
      rotation: maybe(rotation(product)),
      parameterPath: maybe(often("/orders/one", "/orders/two")),
      parameterPasswordKeyArn: maybe(fc.constantFrom(keyArn("a"), keyArn("b"))),
      settings:
        product === "postgresql"
          ? maybe(fc.constantFrom({ search_path: "app" }, { work_mem: "8MB" }))
          : fc.constant(undefined),
      passwordVersion: maybe(fc.constantFrom(1, 2)),
      connectionLimit: maybe(fc.constant(7)),
      locked: maybe(fc.boolean()),
      deletion: fc.constantFrom("drop" as const, "lock" as const, "retain" as const),
      adopt: fc.constantFrom(true, true, undefined),
    })
    .map((claim) => published(rotated(claim as LoginClaim)));

const dropOrRetain = fc.constantFrom("drop" as const, "retain" as const);
const claim = (product: Product): fc.Arbitrary<Claim> => {
  const family = familyOf(product);
  return fc.oneof(
    { weight: 3, arbitrary: loginClaim(product) },
    fc.record({
      kind: fc.constant("role" as const),
      name: fc.constantFrom(...roles),
      deletion: dropOrRetain,
      adopt: fc.constantFrom(true, true, undefined),
    }),
    fc.record({
      kind: fc.constant("database" as const),
      name: fc.constantFrom(...databases),
      owner: maybe(fc.constantFrom(...roles)),
      revokePublic: maybe(fc.boolean()),
      deletion: dropOrRetain,
      adopt: fc.constantFrom(true, true, undefined),
    }),
    { weight: 3, arbitrary: grantClaim(family) },
    ...(family === "postgresql"
      ? [
          fc.record({
            kind: fc.constant("schema" as const),
            database: often("shop", "depot"),
            name: fc.constantFrom("public", "app"),
            owner: maybe(fc.constantFrom(...roles)),
            deletion: dropOrRetain,
            adopt: fc.constantFrom(true, true, undefined),
          }),
        ]
      : []),
  );
};

const order = (product: Product): fc.Arbitrary<ClaimOrder> =>
  fc.record({
    action: fc.constantFrom("ensure" as const, "ensure" as const, "remove" as const),
    owner: often("one", "two"),
    claim: claim(product),
  });

/** What somebody does by hand. */
export const mishaps = ["secret deleted", "password changed", "supplied secret changed"] as const;

export const history = fc.constantFrom(...products).chain((product) =>
  fc.record({
    context: world(product),
    steps: fc.array(
      fc.record({
        order: order(product),
        // After how many calls a run before this one was cut short.
        cut: fc.nat(14),
        mishap: often(undefined, ...mishaps),
      }),
      { minLength: 1, maxLength: 8 },
    ),
  }),
);
