import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { provisionerFromParameter, provisionerFromStack } from "../../components";
import { AwsEndpointStandIn } from "./support/lambda-endpoint";
import { ref } from "./support/inputs";

/** `promise` is how Pulumi's own code waits for an output with its failure; it is not in the types. */
const settled = <T>(output: pulumi.Output<T>): Promise<T> => (output as unknown as { promise(): Promise<T> }).promise();

describe("provisionerFromStack", () => {
  const outputs = { good: ref(), other: { hello: 1 }, newer: { ...ref(), contractVersion: 2 } };
  let references = 0;
  beforeEach(() => {
    references = 0;
    return pulumi.runtime.setMocks({
      newResource: ({ inputs }) => {
        references += 1;
        return { id: String(inputs.name), state: { ...inputs, outputs, secretOutputNames: [] } };
      },
      call: () => ({}),
    });
  });

  it("gives the ref, and declares one reference for each stack", async () => {
    assert.deepEqual(await settled(provisionerFromStack("acme/data/prod", "good")), ref());
    assert.deepEqual(await settled(provisionerFromStack("acme/data/prod", "good")), ref());
    assert.equal(references, 1);
  });

  it("names what is missing or wrong, and says what to do", async () => {
    await assert.rejects(
      settled(provisionerFromStack("acme/data/prod", "absent")),
      /The output "absent" of stack acme\/data\/prod does not exist; deploy that stack first/,
    );
    await assert.rejects(settled(provisionerFromStack("acme/data/prod", "other")), /is not the ref of a provisioner/);
    await assert.rejects(
      settled(provisionerFromStack("acme/data/prod", "newer")),
      /ProtocolMismatch: .*contract version 2 .*upgrade pulumi-db-access in this program/,
    );
  });
});

describe("provisionerFromParameter", () => {
  let endpoint: AwsEndpointStandIn;
  let body: string;
  let status: number;
  before(async () => (endpoint = await AwsEndpointStandIn.start(() => ({ status, body }))));
  after(() => endpoint.stop());

  const read = (value: unknown) => {
    body = JSON.stringify(value);
    return settled(provisionerFromParameter("/db-access/orders", { region: "eu-west-1", endpointUrl: endpoint.url }));
  };

  it("reads it while the program runs", async () => {
    status = 200;
    assert.deepEqual(await read({ Parameter: { Value: JSON.stringify(ref()) } }), ref());
    await assert.rejects(read({ Parameter: { Value: "x" } }), /InvalidInput: The parameter .* is not JSON/);
  });

  it("names a missing one", async () => {
    status = 400;
    await assert.rejects(
      read({ __type: "ParameterNotFound" }),
      /FunctionMissing: The parameter \/db-access\/orders does not exist in eu-west-1; deploy the provisioner's stack/,
    );
  });
});
