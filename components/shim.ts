import { kindNames, type KindName } from "./lifecycle/kinds";

/** What the installed package has a lifecycle for. */
export type ProviderName = KindName | "DbMigration" | "ProvisionerGuard";
const providerNames: readonly ProviderName[] = [...kindNames, "DbMigration", "ProvisionerGuard"];

/** The prefix is what makes Pulumi start its host for dynamic providers; state and owners contain the whole. */
export const typeOf = (kind: ProviderName): string => `pulumi-nodejs:dynamic/db-access:${kind}`;

/**
 * What Pulumi keeps in the state of every resource, twice, and evaluates in its host for dynamic providers: CommonJS
 * whose `handler` gives the provider. Written here rather than by Pulumi's serializer, which makes ten times as much of
 * it and takes its time. It finds the package from the program's directory, which is the host's working directory: so
 * the package that is installed supplies the behaviour, and an upgrade repairs old state. `tests/components/shim.test.ts`
 * holds it against the host. See pulumi/pulumi#6490 and #8265.
 */
const text = (kind: ProviderName): string =>
  'exports.handler=()=>{const d=process.cwd();try{return process.getBuiltinModule("module")' +
  `.createRequire(d+"/index.js")("pulumi-db-access/lifecycle").${kind}}catch(cause){throw new Error(` +
  '"pulumi-db-access cannot be loaded from "+d+"; install it there. "+String(cause).split("\\n")[0],{cause})}}';

export const providerTexts = Object.fromEntries(providerNames.map((kind) => [kind, text(kind)])) as Readonly<
  Record<ProviderName, string>
>;
