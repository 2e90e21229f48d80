import assert from "node:assert/strict";
import { ControlledDatabases } from "../../local/aws-plugin/control-databases";
import { instanceKind } from "../../local/aws-plugin/kinds-rds";
import type { RunningServer } from "../../local/servers";
import type { LocalStack } from "../../local/stack";

const server = {
  spec: { engine: "postgresql", version: "17" },
  host: "localhost",
  port: 5433,
  admin: { user: "dba", password: "x" },
} as RunningServer;
const order = { identifier: "orders", engine: "postgres", version: "17" };

describe("the stand-in of RDS", () => {
  const asked: string[] = [];
  const stack = {
    aws: {
      direct: (_service: string, operation: string) => {
        asked.push(operation);
        return Promise.resolve({ ARN: "arn:secret" });
      },
    },
  } as unknown as LocalStack;

  it("gives an instance a server of its engine and version that no other one has", async () => {
    const databases = new ControlledDatabases(stack, [server]);
    await assert.rejects(databases.create({ ...order, version: "16" }), /No server of postgres 16/);
    await assert.rejects(databases.create({ ...order, engine: "mysql" }), /No server of mysql/);
    assert.deepEqual(await databases.create(order), { address: "localhost", port: 5433, secretArn: "arn:secret" });
    await assert.rejects(databases.create(order), /DBInstanceAlreadyExists/);
    await assert.rejects(databases.create({ ...order, identifier: "other" }), /No server/);
    await databases.delete("orders");
    await databases.create({ ...order, identifier: "other" });
    assert.deepEqual(asked, ["CreateSecret", "DeleteSecret", "CreateSecret"]);
  });

  it("ends an instance only when it is said what becomes of the data", async () => {
    const operations: string[] = [];
    const kind = instanceKind({
      account: "111122223333",
      region: "us-east-1",
      partition: "aws",
      endpointUrl: "",
      directory: "",
      control: ({ operation }) => {
        operations.push(operation);
        return Promise.resolve({});
      },
    });
    await assert.rejects(kind.delete("db-1", { identifier: "orders" }), /FinalSnapshotIdentifier is required/);
    await kind.delete("db-1", { identifier: "orders", finalSnapshotIdentifier: "last" });
    await kind.delete("db-1", { identifier: "orders", skipFinalSnapshot: true });
    assert.deepEqual(operations, ["deleteDatabase", "deleteDatabase"]);
  });
});
