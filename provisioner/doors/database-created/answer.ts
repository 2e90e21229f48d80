/** In the words of Terraform's programs, which read it with `jsondecode`. */
export interface DatabaseCreatedAnswer {
  request_id: string;
  cluster: string;
  database: string;
  /** The application's. */
  username: string;
  /** Absent when the users were taken away. */
  secret_arn?: string;
  /** `username`, `host`, `port`, `database`, `secret_arn` and, with a key for it, `password`: names of parameters. */
  parameter_names: Record<string, string>;
  /** The people who may read now. */
  users: { username: string; source: string }[];
  /** People of earlier events who may not any more. */
  removed_users: string[];
  status: "done" | "unchanged";
  changes: string[];
  warnings: string[];
}
