import type { Kind } from "./kind";
import type { Place } from "./place";
import type { Properties } from "./values";

/** Roles, whose policies the local endpoint then holds the functions' calls to. */
export function roleKind(place: Place): Kind {
  const put = async (inputs: Properties): Promise<Properties> => {
    const name = String(inputs.name);
    const arn = `arn:${place.partition}:iam::${place.account}:role${String(inputs.path ?? "/")}${name}`;
    await place.control({ operation: "putRole", role: { name, arn, trust: String(inputs.assumeRolePolicy) } });
    return { arn, tagsAll: inputs.tags ?? {} };
  };
  return {
    inputs: {
      name: "text",
      description: "text",
      assumeRolePolicy: "json",
      path: "text",
      permissionsBoundary: "text",
      tags: { "*": "text" },
    },
    required: ["assumeRolePolicy"],
    replacedBy: ["name", "path"],
    generatedName: "name",
    create: async ({ inputs }) => ({ id: String(inputs.name), outputs: await put(inputs) }),
    update: (_id, { inputs }) => put(inputs),
    async delete(name) {
      await place.control({ operation: "deleteRole", name });
    },
    read: () => Promise.resolve({}),
  };
}

export function rolePolicyKind(place: Place): Kind {
  const put = async (inputs: Properties): Promise<Properties> => {
    const [role, name, document] = [inputs.role, inputs.name, inputs.policy].map(String);
    await place.control({ operation: "putPolicy", role, name, document });
    return {};
  };
  return {
    inputs: { name: "text", role: "text", policy: "json" },
    required: ["role", "policy"],
    replacedBy: ["name", "role"],
    generatedName: "name",
    create: async ({ inputs }) => ({
      id: `${String(inputs.role)}:${String(inputs.name)}`,
      outputs: await put(inputs),
    }),
    update: (_id, { inputs }) => put(inputs),
    async delete(_id, state) {
      await place.control({ operation: "deletePolicy", role: String(state.role), name: String(state.name) });
    },
    read: () => Promise.resolve({}),
  };
}
