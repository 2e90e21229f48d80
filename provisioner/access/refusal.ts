/** Why a claim cannot be planned. The codes are those of the published errors; this folder imports nothing. */
export type RefusalCode =
  | "UserExists"
  | "RoleExists"
  | "DatabaseExists"
  | "SchemaExists"
  | "OwnedElsewhere"
  | "NotOurs"
  | "ReservedName"
  | "NotAuthorized"
  | "NotSupported"
  | "InvalidInput"
  | "IamUnavailable"
  | "OwnerIsIamUser"
  | "OwnsObjects"
  | "ObjectMissing"
  | "SecretNameTaken"
  | "SecretNameRefused"
  | "SecretOfAnotherCluster"
  | "SuppliedSecretRefused"
  | "PublicPolicy"
  | "RotationRefused"
  | "ParameterTaken"
  | "SecretUnavailable";

export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    message: string,
    readonly property?: string,
  ) {
    super(message);
    this.name = "Refusal";
  }
}
