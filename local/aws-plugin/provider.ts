import { randomBytes } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";
import type { Kind } from "./kind";
import { documentKind } from "./kind-document";
import { logGroupKind } from "./kind-log-group";
import { parameterKind } from "./kind-parameter";
import { rolePolicyKind, roleKind } from "./kinds-iam";
import { keptKinds } from "./kinds-kept";
import { aliasKind, functionKind, permissionKind } from "./kinds-lambda";
import { bucketKinds } from "./kinds-s3";
import { instanceKind, subnetGroupKind } from "./kinds-rds";
import type { Place } from "./place";
import { problemsOf, type Problem } from "./shape";
import { isSame, plain, type Properties } from "./values";

const typeOf = (urn: string): string => urn.split("::")[2].split("$").at(-1) ?? "";
const nameOf = (urn: string): string => urn.split("::")[3];

/** Takes the place of the AWS resource plugin, for a Provisioner's types of resources and its examples'. */
export class AwsPlugin implements pulumi.provider.Provider {
  readonly version = "7.0.0";
  private readonly kinds: Readonly<Record<string, Kind>>;

  constructor(private readonly place: Place) {
    this.kinds = {
      "aws:lambda/function:Function": functionKind(place),
      "aws:lambda/alias:Alias": aliasKind(place),
      "aws:lambda/permission:Permission": permissionKind(place),
      "aws:iam/role:Role": roleKind(place),
      "aws:iam/rolePolicy:RolePolicy": rolePolicyKind(place),
      "aws:ssm/document:Document": documentKind(place),
      "aws:cloudwatch/logGroup:LogGroup": logGroupKind(place),
      "aws:ssm/parameter:Parameter": parameterKind(place),
      "aws:rds/instance:Instance": instanceKind(place),
      "aws:rds/subnetGroup:SubnetGroup": subnetGroupKind(place),
      ...bucketKinds(place),
      ...keptKinds(place),
    };
  }

  check = (urn: string, olds: Properties, news: Properties): Promise<pulumi.provider.CheckResult> => {
    const { inputs: shape, required, generatedName } = this.kindOf(urn);
    const inputs = { ...news };
    if (generatedName !== undefined && inputs[generatedName] === undefined)
      inputs[generatedName] = olds[generatedName] ?? `${nameOf(urn)}-${randomBytes(4).toString("hex").slice(0, 7)}`;
    const missing: Problem[] = required
      .filter((property) => inputs[property] === undefined)
      .map((property) => ({ property, reason: "is required" }));
    return Promise.resolve({ inputs, failures: [...missing, ...problemsOf(shape, plain(inputs), "")] });
  };

  diff = (_id: string, urn: string, olds: Properties, news: Properties): Promise<pulumi.provider.DiffResult> => {
    const { inputs, replacedBy } = this.kindOf(urn);
    const changed = Object.keys(inputs).filter((key) => !isSame(plain(olds[key]), plain(news[key])));
    const replaces = changed.filter((key) => replacedBy.includes(key));
    return Promise.resolve({
      changes: changed.length > 0,
      replaces,
      // The same name cannot be there twice.
      deleteBeforeReplace: replaces.length > 0,
    });
  };

  create = async (urn: string, news: Properties): Promise<pulumi.provider.CreateResult> => {
    const { id, outputs } = await this.kindOf(urn).create({ inputs: this.inputsOf(news), name: nameOf(urn) });
    return { id, outs: { ...news, ...outputs } };
  };

  update = async (
    id: string,
    urn: string,
    olds: Properties,
    news: Properties,
  ): Promise<pulumi.provider.UpdateResult> => {
    const { inputs } = this.kindOf(urn);
    const making = { inputs: this.inputsOf(news), name: nameOf(urn) };
    const outputs = await this.kindOf(urn).update(id, making, plain(olds) as Properties);
    const computed = Object.entries(olds).filter(([key]) => !Object.hasOwn(inputs, key));
    return { outs: { ...Object.fromEntries(computed), ...news, ...outputs } };
  };

  delete = (id: string, urn: string, state: Properties): Promise<void> =>
    this.kindOf(urn).delete(id, plain(state) as Properties);

  read = async (id: string, urn: string, state: Properties = {}): Promise<pulumi.provider.ReadResult> => {
    const differing = await this.kindOf(urn).read(id, plain(state) as Properties);
    return differing === undefined ? { id: "", props: {} } : { id, props: { ...state, ...differing } };
  };

  invoke = (token: string): Promise<pulumi.provider.InvokeResult> => {
    const { account, region, partition } = this.place;
    const answers: Record<string, Properties> = {
      "aws:index/getCallerIdentity:getCallerIdentity": { accountId: account, id: account },
      "aws:index/getRegion:getRegion": { region, name: region, id: region },
      "aws:index/getPartition:getPartition": { partition, id: partition },
      "aws:ec2/getVpc:getVpc": { cidrBlock: "10.0.0.0/16" },
    };
    const outputs = answers[token];
    return outputs === undefined ? Promise.reject(missing(token)) : Promise.resolve({ outputs });
  };

  private inputsOf = (news: Properties): Properties => plain(news) as Properties;

  private kindOf(urn: string): Kind {
    const kind = this.kinds[typeOf(urn)];
    if (kind === undefined) throw missing(typeOf(urn));
    return kind;
  }
}

const missing = (what: string): Error => new Error(`The stand-in of the AWS plugin has no ${what}.`);
