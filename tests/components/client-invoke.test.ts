import assert from "node:assert/strict";
import { AwsTransport, CallFailure } from "../../components/client";
import { awsFailure } from "../../components/client/errors";
import type { ProvisionerRef } from "../../provisioner/protocol";
import { AwsEndpointStandIn, awsError, type HttpAnswer } from "./support/lambda-endpoint";
import { ref } from "./support/inputs";

const stand = async <T>(
  answer: Parameters<typeof AwsEndpointStandIn.start>[0],
  work: (endpoint: AwsEndpointStandIn) => Promise<T>,
): Promise<T> => {
  const endpoint = await AwsEndpointStandIn.start(answer);
  try {
    return await work(endpoint);
  } finally {
    await endpoint.stop();
  }
};

const failureOf = async (work: Promise<unknown>): Promise<CallFailure> =>
  work.then(
    () => assert.fail("It did not fail."),
    (error: unknown) => {
      assert.ok(error instanceof CallFailure, String(error));
      assert.doesNotMatch(error.message, /hunter2/);
      return error;
    },
  );

const invoke = (to: ProvisionerRef, timeoutMs = 2000): Promise<string> =>
  new AwsTransport().invoke(to, "{}", timeoutMs);
const asked = (answer: HttpAnswer | "hangUp" | "silence"): Promise<CallFailure> =>
  stand(
    () => answer,
    ({ url }) => failureOf(invoke(ref({ endpointUrl: url }), 200)),
  );

const assumed = (parameters: string): HttpAnswer => ({
  headers: { "content-type": "text/xml" },
  body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
    <AccessKeyId>ASIA${parameters}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
    <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
});

describe("invoke", () => {
  it("calls by name or by ARN, once", async () => {
    const arn = "arn:aws:lambda:eu-west-1:123456789012:function:db-access-orders";
    await stand(
      () => ({ body: '{"hello":1}' }),
      async ({ url, calls }) => {
        for (const access of ["db-access-orders", arn]) {
          const text = await invoke(ref({ endpointUrl: url, functions: { access, migrate: "m" } }));
          assert.equal(text, '{"hello":1}');
        }
        assert.deepEqual(
          calls.map(({ path }) => decodeURIComponent(path)),
          ["db-access-orders", arn].map((name) => `/2015-03-31/functions/${name}/invocations`),
        );
        assert.match(String(calls[0].headers.authorization), /\/eu-west-1\/lambda\//);
      },
    );
  });

  it("assumes the role with its external id, and keeps the credentials", async () => {
    await stand(
      ({ path, body }) => (path === "/" ? assumed("ROLE") : { body }),
      async ({ url, calls }) => {
        const invoked = { roleArn: "arn:aws:iam::210987654321:role/db-access", externalId: "orders-42" };
        const to = ref({ endpointUrl: url, invoke: invoked });
        const transport = new AwsTransport();
        await transport.invoke(to, "{}", 2000);
        await transport.invoke(to, "{}", 2000);
        const assumptions = calls.filter(({ path }) => path === "/");
        assert.equal(assumptions.length, 1);
        const query = new URLSearchParams(assumptions[0].body);
        assert.deepEqual([query.get("RoleArn"), query.get("ExternalId")], [invoked.roleArn, invoked.externalId]);
        assert.match(String(query.get("RoleSessionName")), /^db-access-[\w+=,.@-]+$/);
        assert.match(String(calls.at(-1)?.headers.authorization), /Credential=ASIAROLE\//);
      },
    );
  });

  it("names the refused action", async () => {
    const denied = await asked(awsError(403, "AccessDeniedException"));
    assert.deepEqual([denied.outcome, denied.error.code], ["final", "NotAuthorized"]);
    assert.match(denied.message, /may not lambda:InvokeFunction on db-access-orders; allow it\.$/);
    const role = await stand(
      () => ({
        status: 403,
        headers: { "content-type": "text/xml" },
        body: "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>hunter2</Message></Error></ErrorResponse>",
      }),
      ({ url }) =>
        failureOf(invoke(ref({ endpointUrl: url, invoke: { roleArn: "arn:aws:iam::210987654321:role/x" } }))),
    );
    assert.match(role.message, /may not sts:AssumeRole on arn:aws:iam::210987654321:role\/x/);
  });

  it("tells a refused call from a lost, a crashed, a missing and a hopeless one", async () => {
    const table: [HttpAnswer | "hangUp" | "silence", CallFailure["outcome"], string][] = [
      [awsError(404, "ResourceNotFoundException"), "missing", "FunctionMissing"],
      [awsError(429, "TooManyRequestsException"), "refused", "Throttled"],
      [awsError(409, "ResourceConflictException"), "refused", "FunctionFailed"],
      [awsError(502, "ResourceNotReadyException"), "refused", "FunctionFailed"],
      [awsError(502, "ENILimitReachedException"), "refused", "FunctionFailed"],
      [awsError(502, "KMSAccessDeniedException"), "final", "FunctionFailed"],
      [awsError(500, "ServiceException"), "lost", "FunctionFailed"],
      [awsError(403, "ExpiredTokenException"), "final", "NotAuthorized"],
      [awsError(403, "UnrecognizedClientException"), "final", "NotAuthorized"],
      [awsError(413, "RequestTooLargeException"), "final", "InvalidInput"],
      [awsError(400, "SomethingNewException"), "final", "Unexpected"],
      ["hangUp", "lost", "FunctionFailed"],
      ["silence", "lost", "FunctionFailed"],
      [
        {
          headers: { "x-amz-function-error": "Unhandled" },
          body: '{"errorType":"Sandbox.Timedout","errorMessage":"hunter2"}',
        },
        "crashed",
        "FunctionFailed",
      ],
      [{ headers: { "x-amz-function-error": "Unhandled" }, body: "hunter2" }, "crashed", "FunctionFailed"],
    ];
    for (const [answer, outcome, code] of table) {
      const failure = await asked(answer);
      assert.deepEqual([failure.outcome, failure.error.code], [outcome, code], JSON.stringify(answer));
    }
  });

  it("does not wait long for an address that refuses", async () => {
    const { url, stop } = await AwsEndpointStandIn.start(() => "silence").then(async (endpoint) => {
      await endpoint.stop();
      return { url: endpoint.url, stop: endpoint.stop };
    });
    assert.ok(stop !== undefined);
    const failure = await failureOf(invoke(ref({ endpointUrl: url })));
    assert.deepEqual([failure.outcome, failure.error.code], ["refused", "FunctionFailed"]);
    assert.ok(failure.patienceMs <= 10_000);
    assert.match(failure.message, /ECONNREFUSED\); check network, proxy and Region\.$/);
  });

  it("says what is missing when there are no credentials", () => {
    const call = { action: "lambda:InvokeFunction", resource: "f", region: "eu-west-1" };
    const none = Object.assign(new Error("Could not load credentials from any providers"), {
      name: "CredentialsProviderError",
    });
    assert.match(awsFailure(none, call).message, /no AWS credentials for lambda:InvokeFunction/);
  });

  it("reads a parameter", async () => {
    const read = (answer: HttpAnswer): Promise<string> =>
      stand(
        () => answer,
        ({ url }) =>
          new AwsTransport().parameter({ parameter: "/db-access/x", region: "eu-west-1", endpointUrl: url }, undefined),
      );
    assert.equal(await read({ body: '{"Parameter":{"Name":"/db-access/x","Value":"text"}}' }), "text");
    const missing = await failureOf(read({ status: 400, body: '{"__type":"ParameterNotFound","message":"hunter2"}' }));
    assert.match(missing.message, /The parameter \/db-access\/x does not exist in eu-west-1; deploy/);
    const denied = await failureOf(read({ status: 400, body: '{"__type":"AccessDeniedException"}' }));
    assert.match(denied.message, /may not ssm:GetParameter on \/db-access\/x/);
  });
});
