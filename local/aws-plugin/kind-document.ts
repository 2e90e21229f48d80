import type { Kind } from "./kind";
import { arnIn, type Place } from "./place";
import type { Properties } from "./values";

/** Documents of Systems Manager: remembered with a version that grows with the content, and run by nobody here. */
export function documentKind(place: Place): Kind {
  const versioned = (inputs: Properties, former: Properties): Properties => {
    const last = Number(former.latestVersion ?? 0);
    const version = String(inputs.content === former.content ? last : last + 1);
    return {
      arn: arnIn(place, "ssm", `document/${String(inputs.name)}`),
      schemaVersion: (JSON.parse(String(inputs.content)) as { schemaVersion: string }).schemaVersion,
      latestVersion: version,
      defaultVersion: version,
      tagsAll: inputs.tags ?? {},
    };
  };
  return {
    inputs: {
      name: "text",
      content: "json",
      documentType: "text",
      documentFormat: "text",
      permissions: { type: "text", account_ids: "text" },
      tags: { "*": "text" },
    },
    required: ["content", "documentType"],
    replacedBy: ["name", "documentType"],
    generatedName: "name",
    create: ({ inputs }) => Promise.resolve({ id: String(inputs.name), outputs: versioned(inputs, {}) }),
    update: (_id, { inputs }, former) => Promise.resolve(versioned(inputs, former)),
    delete: () => Promise.resolve(),
    read: () => Promise.resolve({}),
  };
}
