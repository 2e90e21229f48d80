// A program without any provider: what the runner's tests run.
import * as pulumi from "@pulumi/pulumi";
import { setTimeout as sleep } from "node:timers/promises";

const config = new pulumi.Config();

class Thing extends pulumi.ComponentResource {
  constructor(name: string) {
    super("tests:index:Thing", name);
    this.registerOutputs();
  }
}

for (let index = 0; index < (config.getNumber("things") ?? 1); index++) new Thing(`thing-${index}`);

const failure = config.get("failure");
if (failure === "throw") throw new Error("the program did not like its configuration");
if (failure === "provisioner")
  throw new Error("AdminLoginRefused: The server refused the admin's password; correct the secret.");
if (failure === "crash") process.abort();

export const region = process.env.AWS_REGION;
export const provisioner = config.get("provisioner");
export const hidden = pulumi.secret("not to be seen");
export const slept = sleep((config.getNumber("seconds") ?? 0) * 1000, "enough");
