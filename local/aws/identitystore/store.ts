import { randomBytes, randomUUID } from "node:crypto";

export interface StoreUser {
  id: string;
  userName: string;
  status: "ENABLED" | "DISABLED";
}

interface StoreGroup {
  id: string;
  displayName: string;
  members: string[];
}

/** One identity store: in one account and one Region, as Identity Center is. */
export interface IdentityStore {
  id: string;
  account: string;
  region: string;
  users: StoreUser[];
  groups: StoreGroup[];
}

/** The identity stores of IAM Identity Center. They are made by tests, and forgotten when the endpoint ends. */
export class IdentityStores {
  private readonly stores = new Map<string, IdentityStore>();

  /** A new store; its id is what `identityStoreId` names. */
  create(place: { account: string; region: string }, id = `d-${randomBytes(5).toString("hex")}`): IdentityStore {
    const { account, region } = place;
    const store: IdentityStore = { account, region, id, users: [], groups: [] };
    this.stores.set(store.id, store);
    return store;
  }

  get = (id: string): IdentityStore | undefined => this.stores.get(id);

  /** Makes a group of users, who are made when there are none of these names. */
  group(store: IdentityStore, displayName: string, userNames: readonly string[]): void {
    const members = userNames.map((userName) => this.user(store, userName).id);
    store.groups.push({ id: newId(store), displayName, members });
  }

  /** The user of a name, who is made when there is none. */
  user(store: IdentityStore, userName: string): StoreUser {
    const known = store.users.find((user) => user.userName === userName);
    if (known !== undefined) return known;
    const user: StoreUser = { id: newId(store), userName, status: "ENABLED" };
    store.users.push(user);
    return user;
  }
}

/** API Reference, DescribeUser, UserId: the store's own id and a random one. */
const newId = ({ id }: IdentityStore): string => `${id.slice(2)}-${randomUUID()}`;
