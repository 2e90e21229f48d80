import {
  AddTagsToResourceCommand,
  DeleteParametersCommand,
  GetParametersCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
} from "@aws-sdk/client-ssm";
import type { ParameterChange, ParameterState } from "../access/secret";
import { CLUSTER_TAG, OWNER_TAG, PRINCIPAL_TAG, ownershipTags } from "../access/secret-text";
import { DbAccessError } from "../errors";
import { parametersClient } from "./aws-clients";
import { isAws, parameterError } from "./aws-error";
import { namesPrincipal, principalTagOf, tagList, tagsOf, type Tags } from "./ownership";

/** As many as one call takes. */
const BATCH = 10;

/** Whose parameters they are, and what they have to say that a plan cannot know. */
export interface ParameterOwner {
  id: string;
  cluster: string;
  /** The claim's. Without it nothing of another login is taken over. */
  owner?: string;
  secretArn?: string;
  password?: string;
}

/**
 * What is there under the names. Where the ledger does not know all of them, their tags say whose they are: those of
 * another login of the same owner may be taken over, and are told without a value, so that they are written again.
 */
export async function readParameters(
  names: readonly string[],
  id: string,
  known: boolean,
  owner?: string,
): Promise<Map<string, ParameterState>> {
  const states = new Map<string, ParameterState>();
  for (const batch of batchesOf(names)) {
    const { Parameters = [] } = await parametersClient()
      .send(new GetParametersCommand({ Names: batch, WithDecryption: false }))
      .catch((error: unknown) => {
        throw parameterError(error, batch.join(", "));
      });
    for (const { Name = "", Type, Value } of Parameters) {
      const secure = Type === "SecureString";
      states.set(Name, { name: Name, secure, ...(secure ? {} : { value: Value }) });
    }
  }
  if (known) return states;
  for (const state of states.values()) {
    const tags = await tagsOfParameter(state.name);
    if (tags === undefined) states.delete(state.name);
    else if (!namesPrincipal(tags, id))
      states.set(state.name, {
        name: state.name,
        secure: state.secure,
        ...(isOf(tags, owner) ? {} : { foreign: true }),
      });
  }
  return states;
}

const batchesOf = (names: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(names.length / BATCH) }, (_, index) =>
    names.slice(index * BATCH, (index + 1) * BATCH),
  );

const isOf = (tags: Tags, owner: string | undefined): boolean =>
  owner !== undefined && PRINCIPAL_TAG in tags && tags[OWNER_TAG] === ownershipTags("", "", owner)[OWNER_TAG];

/** Undefined when there is no such parameter. */
async function tagsOfParameter(name: string): Promise<Tags | undefined> {
  try {
    const { TagList } = await parametersClient().send(
      new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: name }),
    );
    return tagsOf(TagList);
  } catch (error) {
    if (isAws(error, "InvalidResourceId")) return undefined;
    throw parameterError(error, `parameter ${name}`);
  }
}

/** Makes the parameters what the plan says. Each change can be made again. */
export async function applyParameterChanges(changes: readonly ParameterChange[], about: ParameterOwner): Promise<void> {
  const gone = changes.filter(({ set }) => set === "nothing").map(({ name }) => name);
  for (const change of changes) if (change.set !== "nothing") await write(change, about);
  await remove(gone, about.id);
}

type Written = Exclude<ParameterChange, { set: "nothing" }>;

interface Value {
  Value: string;
  Type: "String" | "SecureString";
  KeyId?: string;
}

function valueOf(change: Written, { secretArn, password }: ParameterOwner): Value {
  if (change.set === "password") {
    if (password === undefined) throw new Error("A password was to be published, and there is none.");
    return { Value: password, Type: "SecureString", KeyId: change.kmsKeyArn };
  }
  const filled = change.value === "" && change.name.endsWith("/secretArn") ? (secretArn ?? "") : change.value;
  return { Value: filled, Type: "String" };
}

async function write(change: Written, about: ParameterOwner): Promise<void> {
  const { name } = change;
  const value = valueOf(change, about);
  try {
    if (change.create) {
      if (await create(name, value, about)) return;
      const tags = (await tagsOfParameter(name)) ?? {};
      // From a run that did not end, or somebody was quicker.
      if (!namesPrincipal(tags, about.id) && !isOf(tags, about.owner))
        throw new DbAccessError(
          "ParameterTaken",
          `Parameter ${name} exists and does not belong to this login; choose another parameterPath.`,
          { property: "parameterPath" },
        );
    }
    await overwrite(name, value, about);
  } catch (error) {
    throw parameterError(error, `parameter ${name}`);
  }
}

/** False when it is there already. */
async function create(name: string, value: Value, about: ParameterOwner): Promise<boolean> {
  try {
    await parametersClient().send(new PutParameterCommand({ Name: name, ...value, Tags: tagList(wanted(about)) }));
    return true;
  } catch (error) {
    if (isAws(error, "ParameterAlreadyExists")) return false;
    throw error;
  }
}

/** Tags cannot be given together with a value that replaces one. */
async function overwrite(name: string, value: Value, about: ParameterOwner): Promise<void> {
  const client = parametersClient();
  try {
    await client.send(new PutParameterCommand({ Name: name, ...value, Overwrite: true }));
  } catch (error) {
    if (!isAws(error, "HierarchyTypeMismatchException")) throw error;
    // Somebody has made it again with another type, which nobody can change.
    await client.send(new DeleteParametersCommand({ Names: [name] }));
    await create(name, value, about);
    return;
  }
  await client.send(
    new AddTagsToResourceCommand({ ResourceType: "Parameter", ResourceId: name, Tags: tagList(wanted(about)) }),
  );
}

const wanted = ({ id, cluster, owner }: ParameterOwner): Tags => ({
  [PRINCIPAL_TAG]: principalTagOf(id),
  [CLUSTER_TAG]: cluster,
  ...(owner === undefined ? {} : ownershipTags(principalTagOf(id), cluster, owner)),
});

/** Only what still names the login: another one may have taken them over. */
async function remove(names: readonly string[], id: string): Promise<void> {
  const ours: string[] = [];
  for (const name of names) {
    const tags = await tagsOfParameter(name);
    if (tags !== undefined && namesPrincipal(tags, id)) ours.push(name);
  }
  for (const batch of batchesOf(ours))
    await parametersClient()
      .send(new DeleteParametersCommand({ Names: batch }))
      .catch((error: unknown) => {
        throw parameterError(error, batch.join(", "));
      });
}
