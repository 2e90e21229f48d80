import type { LoginClaim } from "../access/claims";
import type { SetCredentials } from "../access/plan/context";
import type { CredentialRecord } from "../access/record";
import type { FunctionConfig } from "../config";

/** What a login's secret has to hold, as the plan says. */
export interface SecretOrder {
  config: FunctionConfig;
  id: string;
  /** The claim's: a secret of another login of the same owner may be taken over. */
  owner: string;
  claim: LoginClaim;
  generation: number;
  password: SetCredentials["password"];
  secret: SetCredentials["secret"];
  /** The login that the secret names: one of two where they take turns. */
  username: string;
  credentials?: CredentialRecord;
}

/** A password that is in its secret and not yet proven on the server. */
export interface PreparedSecret {
  arn: string;
  versionId: string;
  password: string;
  /** Something of its promotion is left: it is promoted when the password works. */
  pending: boolean;
  /** The password was made for this order, also though the current one was ordered: its secret is gone. */
  fresh: boolean;
}
