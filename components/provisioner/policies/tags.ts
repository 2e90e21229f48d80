import { CLUSTER_TAG, OWNER_TAG, PRINCIPAL_TAG } from "../../../provisioner/access/secret-text";

/** Says whose a secret or parameter is: what has it may be changed, and it is never taken off. */
export const ownershipTagKeys = [PRINCIPAL_TAG, CLUSTER_TAG, OWNER_TAG];

/** On a secret that is being taken over: the login it comes from. Only this one is ever taken off. */
export const formerTagKey = "db-access:former";

/** The tags with which a secret is made. */
export const creationTagKeys = [...ownershipTagKeys, "create_by_user_automation", "creation_timestamp"];

/** Met by what carries our cluster's tag. */
export const ofCluster = (cluster: string): Record<string, string> => ({ [`aws:ResourceTag/${CLUSTER_TAG}`]: cluster });

/** Met by a call that sets our cluster's tag. */
export const forCluster = (cluster: string): Record<string, string> => ({ [`aws:RequestTag/${CLUSTER_TAG}`]: cluster });
