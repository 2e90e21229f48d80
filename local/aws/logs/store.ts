import { partitionOf, type Caller } from "../identity";

export interface LogEvent {
  eventId: string;
  timestamp: number;
  ingestionTime: number;
  message: string;
}

export interface LogStream {
  name: string;
  created: number;
  events: LogEvent[];
}

export interface LogGroup {
  account: string;
  region: string;
  name: string;
  created: number;
  streams: Map<string, LogStream>;
}

type Place = Pick<Caller, "account" | "region">;

/** Log groups, for as long as the process lives. */
export class LogStore {
  private groups: LogGroup[] = [];

  of({ account, region }: Place): LogGroup[] {
    return this.groups
      .filter((group) => group.account === account && group.region === region)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  named(name: string, place: Place): LogGroup | undefined {
    return this.of(place).find((group) => group.name === name);
  }

  /** As it is, where there is one. */
  ensure(name: string, { account, region }: Place): LogGroup {
    const known = this.named(name, { account, region });
    if (known !== undefined) return known;
    const group: LogGroup = { account, region, name, created: Date.now(), streams: new Map() };
    this.groups.push(group);
    return group;
  }

  remove(group: LogGroup): void {
    this.groups = this.groups.filter((other) => other !== group);
  }
}

export const logGroupArn = (name: string, { account, region }: Place): string =>
  `arn:${partitionOf(region)}:logs:${region}:${account}:log-group:${name}`;
