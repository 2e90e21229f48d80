import { parameterNames, type ClaimOrder, type ClaimPlan, type PlanContext } from "../access/plan";
import type { ClaimRecord } from "../access/record";
import { itemLines } from "../access/words";
import type { FunctionConfig } from "../config";
import type { Outputs } from "../protocol/messages";

/** What a resource shows of a claim, from the row and the reading. Never anything secret. */
export function outputsOf(
  config: FunctionConfig,
  context: PlanContext,
  order: ClaimOrder,
  plan: ClaimPlan,
  record: ClaimRecord | undefined,
  secretVersions: ReadonlyMap<string, string>,
): Outputs {
  const { claim } = order;
  switch (claim.kind) {
    case "login": {
      const credentials = record?.credentials;
      const onServer = context.state.principals
        .get(claim.name)
        ?.accounts.find((account) => account.passwordLastChanged !== undefined);
      const changed =
        credentials === undefined ? undefined : (onServer?.passwordLastChanged ?? credentials.passwordLastChanged);
      return {
        name: claim.name,
        endpoint: config.host,
        port: config.port,
        ...(credentials === undefined
          ? {}
          : {
              secretArn: credentials.secretArn,
              secretVersionId: secretVersions.get(credentials.secretArn) ?? credentials.secretVersionId,
            }),
        ...(changed === undefined
          ? {}
          : {
              passwordLastChanged: changed,
              passwordLastChangedSource: onServer === undefined ? ("ledger" as const) : ("server" as const),
            }),
        ...(claim.parameterPath === undefined ? {} : { parameterNames: parameterNames(claim) }),
        ...(claim.auth.kind === "iam" ? iamOutputs(config, claim.name) : {}),
      };
    }
    case "grant":
      return { effective: itemLines(plan.effective), unmanaged: itemLines(plan.unmanaged) };
    case "role":
    case "database":
    case "schema":
      return { name: claim.name };
    case "migration":
      return {};
  }
}

/** For an IAM policy that allows `rds-db:connect`. Without the cluster's resource id it names every cluster of the account. */
const iamOutputs = (config: FunctionConfig, name: string): Pick<Outputs, "iamConnectArn" | "iamPolicyJson"> => {
  const Resource = iamConnectArn(config, name);
  const Statement = [{ Effect: "Allow", Action: "rds-db:connect", Resource }];
  return { iamConnectArn: Resource, iamPolicyJson: JSON.stringify({ Version: "2012-10-17", Statement }) };
};

const iamConnectArn = (config: FunctionConfig, name: string): string =>
  `arn:${config.partition}:rds-db:${config.region}:${config.account}:dbuser:${config.resourceId ?? "*"}/${name}`;
