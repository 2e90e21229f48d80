/**
 * The AWS SDK, loaded on first use: `check` and `diff`, most of what the dynamic-provider host does, never need it.
 * Its notice about the end of Node.js 20 support would stand in every preview and update; the versions this package
 * pins support what its `engines` says.
 */
function quiet(): void {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
}

export async function lambdaSdk() {
  quiet();
  return import("@aws-sdk/client-lambda");
}

export async function ssmSdk() {
  quiet();
  return import("@aws-sdk/client-ssm");
}

export async function stsSdk() {
  quiet();
  return import("@aws-sdk/client-sts");
}

export async function s3Sdk() {
  quiet();
  return import("@aws-sdk/client-s3");
}

export async function logsSdk() {
  quiet();
  return import("@aws-sdk/client-cloudwatch-logs");
}
