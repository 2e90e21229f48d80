import { createHash } from "node:crypto";
import type { Kind } from "./kind";
import { kept } from "./kept";
import { arnIn, type Place } from "./place";
import type { Properties } from "./values";

const tags = { "*": "text" } as const;

/** As RDS makes them: `db-` and 26 letters and digits that never change. */
const resourceIdOf = (identifier: string): string =>
  `db-${createHash("sha256").update(identifier).digest("hex").slice(0, 26).toUpperCase()}`;

/** An instance whose admin RDS manages. It is a real server, which has been started before. */
export function instanceKind(place: Place): Kind {
  const outputsOf = (inputs: Properties): Properties => ({
    arn: arnIn(place, "rds", `db:${String(inputs.identifier)}`),
    tagsAll: inputs.tags ?? {},
  });
  return {
    inputs: {
      identifier: "text",
      engine: "text",
      engineVersion: "text",
      instanceClass: "text",
      allocatedStorage: "number",
      username: "text",
      manageMasterUserPassword: "boolean",
      iamDatabaseAuthenticationEnabled: "boolean",
      storageEncrypted: "boolean",
      publiclyAccessible: "boolean",
      dbSubnetGroupName: "text",
      vpcSecurityGroupIds: ["text"],
      finalSnapshotIdentifier: "text",
      skipFinalSnapshot: "boolean",
      tags,
    },
    required: ["instanceClass", "engine", "engineVersion", "manageMasterUserPassword"],
    replacedBy: ["identifier", "engine", "username", "storageEncrypted", "dbSubnetGroupName"],
    generatedName: "identifier",
    async create({ inputs }) {
      const { identifier, engine, engineVersion } = inputs as Record<string, string>;
      const order = { identifier, engine, version: engineVersion };
      const { address, port, secretArn } = await place.control({ operation: "createDatabase", order });
      const resourceId = resourceIdOf(identifier);
      const own = { address, port, endpoint: `${String(address)}:${String(port)}`, resourceId };
      const masterUserSecrets = [{ secretArn, secretStatus: "active", kmsKeyId: "" }];
      return { id: resourceId, outputs: { ...outputsOf(inputs), ...own, masterUserSecrets } };
    },
    update: (_id, { inputs }) => Promise.resolve(outputsOf(inputs)),
    async delete(_id, { identifier, finalSnapshotIdentifier, skipFinalSnapshot }) {
      if (skipFinalSnapshot !== true && finalSnapshotIdentifier === undefined)
        throw new Error("FinalSnapshotIdentifier is required unless SkipFinalSnapshot is specified.");
      await place.control({ operation: "deleteDatabase", identifier: String(identifier) });
    },
    read: () => Promise.resolve({}),
  };
}

export const subnetGroupKind = (place: Place): Kind =>
  kept({
    inputs: { name: "text", description: "text", subnetIds: ["text"], tags },
    required: ["subnetIds"],
    replacedBy: ["name"],
    generatedName: "name",
    made: ({ inputs }) => ({
      id: String(inputs.name),
      outputs: { arn: arnIn(place, "rds", `subgrp:${String(inputs.name)}`) },
    }),
  });
