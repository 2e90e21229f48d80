import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";
import type * as aws from "@pulumi/aws";

export type Aws = typeof aws;

/**
 * `@pulumi/aws`, when a provisioner is made and not before: a program that only declares logins and grants need not have
 * it installed.
 */
export function loadAws(load: (name: string) => unknown = createRequire(__filename)): Aws {
  try {
    return load("@pulumi/aws") as Aws;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Only when it is the package itself that is missing, and not something inside it.
    if (code === "MODULE_NOT_FOUND" && message.includes("'@pulumi/aws'"))
      throw new pulumi.RunError(
        "A Provisioner is made of AWS resources: install @pulumi/aws, version 7, beside pulumi-db-access.",
      );
    throw error;
  }
}
