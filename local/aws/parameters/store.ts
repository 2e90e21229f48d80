import type { Tag } from "../input";
import type { Keys } from "../keys";
import { partitionOf, type Caller } from "../identity";

export interface ParameterVersion {
  value: string;
  modified: number;
  modifiedBy: string;
}

export interface Parameter {
  account: string;
  region: string;
  name: string;
  type: "String" | "StringList" | "SecureString";
  tier: "Standard" | "Advanced";
  description?: string;
  keyId?: string;
  tags: Tag[];
  /** Oldest first; the version number is the position plus one. */
  versions: ParameterVersion[];
}

export type SavedParameter = Parameter;

type Place = Pick<Caller, "account" | "region">;

export class ParameterStore {
  private parameters: Parameter[] = [];

  constructor(
    private readonly changed: () => void,
    readonly keys: Keys,
  ) {}

  touch(): void {
    this.changed();
  }

  of({ account, region }: Place): Parameter[] {
    return this.parameters
      .filter((parameter) => parameter.account === account && parameter.region === region)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  named(name: string, place: Place): Parameter | undefined {
    return this.of(place).find((parameter) => parameter.name === name);
  }

  add(parameter: Parameter): void {
    this.parameters.push(parameter);
  }

  remove(parameter: Parameter): void {
    this.parameters = this.parameters.filter((other) => other !== parameter);
  }

  save(): SavedParameter[] {
    return this.parameters;
  }

  load(parameters: SavedParameter[]): void {
    this.parameters = parameters;
  }
}

export const parameterArn = ({ account, region, name }: Pick<Parameter, "account" | "region" | "name">): string =>
  `arn:${partitionOf(region)}:ssm:${region}:${account}:parameter${name.startsWith("/") ? "" : "/"}${name}`;
