import { z } from "zod";
import { levels } from "./level";

/** What a person, a runbook or a pipeline can ask for by name. */
export const actions = ["create_user", "update_grant", "reset_password", "delete_user"] as const;
export type ActionName = (typeof actions)[number];

const name = z.string().min(1).max(128);
const hosts = z.array(z.string().min(1).max(255)).max(20);
const common = {
  username: name,
  /** The logical name that the caller means; another one than the function's own is refused. */
  cluster: name.optional(),
  /** Who asks, for the audit log. Nobody proves it. */
  requestedBy: z
    .string()
    .regex(/^[\x21-\x7e][\x20-\x7e]{0,255}$/, "must be printable ASCII, at most 256 characters")
    .optional(),
};

const createUser = z.strictObject({
  action: z.literal("create_user"),
  ...common,
  database: name.optional(),
  schema: name.optional(),
  level: z.enum(levels).optional(),
  createdBy: z.array(name).max(20).optional(),
  hosts: hosts.optional(),
  auth: z.enum(["password", "iam"]).optional(),
});

const updateGrant = z.strictObject({
  action: z.literal("update_grant"),
  ...common,
  level: z.enum(levels),
  database: name.optional(),
  schema: name.optional(),
  createdBy: z.array(name).max(20).optional(),
  hosts: hosts.optional(),
});

const resetPassword = z.strictObject({ action: z.literal("reset_password"), ...common });

const deleteUser = z.strictObject({ action: z.literal("delete_user"), ...common, hosts: hosts.optional() });

export const actionEventSchema = z.discriminatedUnion("action", [createUser, updateGrant, resetPassword, deleteUser]);

export type ActionEvent = z.infer<typeof actionEventSchema>;
export type CreateUser = z.infer<typeof createUser>;
export type UpdateGrant = z.infer<typeof updateGrant>;
export type ResetPassword = z.infer<typeof resetPassword>;
export type DeleteUser = z.infer<typeof deleteUser>;

/** Everything that actions make belongs to one owner for each login, whoever asks and however often. */
export const ownerOf = ({ username }: Pick<ActionEvent, "username">): string => `action/${username}`;

/** What an action answers. Never a password: that is in the secret, and nowhere else. */
export interface ActionAnswer {
  requestId: string;
  cluster: string;
  action: ActionName;
  username: string;
  /** `unchanged`: everything was so already. */
  status: "done" | "unchanged";
  changes: string[];
  warnings: string[];
  secretArn?: string;
  secretVersionId?: string;
  /** Read from the server where it keeps it, else from the ledger. */
  passwordLastChanged?: string;
  passwordLastChangedSource?: "server" | "ledger";
  /** Of an IAM user: what its policy has to name. */
  iamConnectArn?: string;
}
