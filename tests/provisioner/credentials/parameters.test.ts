import assert from "node:assert/strict";
import { AwsError } from "../../../local/aws";
import type { ParameterChange } from "../../../provisioner/access/secret";
import {
  applyParameterChanges,
  readParameters,
  type ParameterOwner,
} from "../../../provisioner/credentials/parameters";
import { account, Endpoint, faults, idOf, loginOf, owner, region } from "./endpoint";

const kmsKeyArn = `arn:aws:kms:${region}:${account}:key/one`;
const secretArn = `arn:aws:secretsmanager:${region}:${account}:secret:orders/app-abcdef`;

describe("published parameters", () => {
  let endpoint: Endpoint;
  let count = 0;

  before(async () => {
    endpoint = await Endpoint.start();
  });
  after(async () => {
    await endpoint.stop();
  });

  const nextPath = (): string => `/orders/p${(count += 1)}`;
  const about = (login = "app", more: Partial<ParameterOwner> = {}): ParameterOwner => ({
    id: idOf(loginOf(login)),
    cluster: "orders",
    owner,
    secretArn,
    password: "hunter-2",
    ...more,
  });
  const changesOf = (path: string, create = true, host = "db.example"): ParameterChange[] => [
    { set: "text", name: `${path}/host`, value: host, create },
    { set: "text", name: `${path}/secretArn`, value: "", create },
    { set: "password", name: `${path}/password`, kmsKeyArn, create },
  ];
  const removal = (path: string): ParameterChange[] => changesOf(path).map(({ name }) => ({ set: "nothing", name }));
  const namesOf = (path: string): string[] => changesOf(path).map(({ name }) => name);
  const stored = (path: string) =>
    endpoint.aws.parameters
      .of(endpoint.aws.options)
      .filter(({ name }) => name.startsWith(`${path}/`))
      .map(({ name, type, keyId, tags, versions }) => ({
        name: name.slice(path.length + 1),
        type,
        keyId,
        principal: tags.find(({ Key }) => Key === "db-access:principal")?.Value,
        value: versions.at(-1)?.value,
      }));
  const expected = (host: string, password = "hunter-2", login = "app") => {
    const principal = idOf(loginOf(login));
    return [
      { name: "host", type: "String", keyId: undefined, principal, value: host },
      { name: "password", type: "SecureString", keyId: kmsKeyArn, principal, value: password },
      { name: "secretArn", type: "String", keyId: undefined, principal, value: secretArn },
    ];
  };

  it("are made, overwritten and removed", async () => {
    const path = nextPath();
    await applyParameterChanges(changesOf(path), about());
    assert.deepEqual(stored(path), expected("db.example"));
    await applyParameterChanges(changesOf(path, false, "new.example"), about("app", { password: "hunter-3" }));
    assert.deepEqual(stored(path), expected("new.example", "hunter-3"));
    await applyParameterChanges(removal(path), about());
    await applyParameterChanges(removal(path), about());
    assert.deepEqual(stored(path), []);
  });

  it("are read without decryption, ten at a time, and with their tags only where the ledger does not know them", async () => {
    const path = nextPath();
    await applyParameterChanges(changesOf(path), about());
    const names = [...namesOf(path), ...Array.from({ length: 9 }, (_, index) => `${path}/none${index}`)];
    const { id } = about();
    const read = (known: boolean) => readParameters(names, id, known, owner);
    const states = [
      { name: `${path}/host`, secure: false, value: "db.example" },
      { name: `${path}/secretArn`, secure: false, value: secretArn },
      { name: `${path}/password`, secure: true },
    ];
    assert.deepEqual([...(await read(true)).values()], states);
    assert.deepEqual([...(await read(false)).values()], states);
    assert.deepEqual(await endpoint.callsOf(() => read(true)), ["GetParameters", "GetParameters"]);
    assert.deepEqual(await endpoint.callsOf(() => read(false)), [
      ...["GetParameters", "GetParameters"],
      ...states.map(() => "ListTagsForResource"),
    ]);
    const decrypting: unknown[] = [];
    const stop = endpoint.aws.intercept((call) => {
      decrypting.push(call.request.WithDecryption);
      return call.next();
    });
    await read(true);
    stop();
    assert.deepEqual(decrypting, [false, false]);
  });

  it("of somebody else are foreign, are not overwritten and not removed", async () => {
    const path = nextPath();
    const name = `${path}/host`;
    await endpoint.parameter("PutParameter", { Name: name, Value: "theirs", Type: "String" });
    const { id } = about();
    assert.deepEqual((await readParameters([name], id, false, owner)).get(name), {
      name,
      secure: false,
      foreign: true,
    });
    await assert.rejects(applyParameterChanges(changesOf(path), about()), {
      code: "ParameterTaken",
      property: "parameterPath",
    });
    await applyParameterChanges(removal(path), about());
    assert.deepEqual(
      stored(path).map(({ value }) => value),
      ["theirs"],
    );
    const other = nextPath();
    await applyParameterChanges(changesOf(other), about("former", { owner: "somebody" }));
    assert.deepEqual(
      [...(await readParameters(namesOf(other), id, false, owner)).values()].map(({ foreign }) => foreign),
      [true, true, true],
    );
    await assert.rejects(applyParameterChanges(changesOf(other), about()), { code: "ParameterTaken" });
    await applyParameterChanges(removal(other), about());
    assert.equal(stored(other).length, 3);
  });

  it("of the login that is replaced are taken over, and stay when that one ends", async () => {
    const path = nextPath();
    await applyParameterChanges(changesOf(path), about("former"));
    const states = [...(await readParameters(namesOf(path), idOf(loginOf("app")), false, owner)).values()];
    assert.deepEqual(
      states.map(({ foreign, value }) => [foreign, value]),
      states.map(() => [undefined, undefined]),
    );
    await applyParameterChanges(changesOf(path, false), about());
    await applyParameterChanges(removal(path), about("former"));
    assert.deepEqual(stored(path), expected("db.example"));
  });

  it("that somebody has removed or made again with another type are made again", async () => {
    const path = nextPath();
    await applyParameterChanges(changesOf(path), about());
    await endpoint.parameter("DeleteParameter", { Name: `${path}/host` });
    await endpoint.parameter("DeleteParameter", { Name: `${path}/password` });
    await endpoint.parameter("PutParameter", { Name: `${path}/password`, Value: "x", Type: "String" });
    await applyParameterChanges(changesOf(path, false), about());
    assert.deepEqual(stored(path), expected("db.example"));
  });

  it("stopped before and after every call, and with every answer lost, come about the next time", async () => {
    const run = (path: string) => async (): Promise<void> => {
      await applyParameterChanges(changesOf(path), about());
      await applyParameterChanges([{ set: "nothing", name: `${path}/old` }], about());
    };
    const prepare = async (): Promise<string> => {
      const path = nextPath();
      await applyParameterChanges([{ set: "text", name: `${path}/old`, value: "x", create: true }], about());
      return path;
    };
    const calls = await endpoint.callsOf(run(await prepare()));
    assert.deepEqual(calls, [
      "PutParameter",
      "PutParameter",
      "PutParameter",
      "ListTagsForResource",
      "DeleteParameters",
    ]);
    for (const fault of faults)
      for (let at = 1; at <= calls.length; at += 1) {
        const path = await prepare();
        const error = await endpoint.failing(at, fault, run(path));
        assert.equal(error === undefined, fault === "lost", `${fault} ${calls[at - 1]}: ${String(error)}`);
        if (fault !== "lost") await run(path)();
        assert.deepEqual(stored(path), expected("db.example"), `${fault} ${calls[at - 1]}`);
      }
  });

  it("that are denied say what to allow, and never a value", async () => {
    const failing = async (error: AwsError): Promise<Error & { code?: string; transient?: boolean }> => {
      const stop = endpoint.aws.intercept((call) => {
        if (call.operation === "PutParameter") throw error;
        return call.next();
      });
      const caught: unknown = await applyParameterChanges(changesOf(nextPath()), about()).catch((one: unknown) => one);
      stop();
      assert.ok(caught instanceof Error);
      assert.doesNotMatch(caught.message, /hunter/);
      return caught;
    };
    const denied = await failing(new AwsError("AccessDeniedException", "not hunter-2"));
    assert.equal(denied.code, "ParameterUnavailable");
    assert.match(
      denied.message,
      /role may not ssm:PutParameter on parameter \/orders\/p\d+\/host; allow it in the role/,
    );
    const key = await failing(new AwsError("InvalidKeyId", "hunter-2"));
    assert.match(key.message, /KMS key of parameter .* cannot be used \(ssm:PutParameter\).*kms:Decrypt/);
    const allow = endpoint.aws.keys.deny(kmsKeyArn);
    await assert.rejects(applyParameterChanges(changesOf(nextPath()), about()), {
      code: "ParameterUnavailable",
      message: /\/password/,
    });
    allow();
  });
});
