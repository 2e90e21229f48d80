import * as pulumi from "@pulumi/pulumi";
import { controlOf } from "./control-client";
import { AwsPlugin } from "./provider";

/** All that the process is told. */
export interface PluginSettings {
  account: string;
  region: string;
  endpointUrl: string;
  controlUrl: string;
  directory: string;
}

const { controlUrl, ...settings } = JSON.parse(process.argv[2]) as PluginSettings;
const place = { ...settings, partition: "aws", control: controlOf(controlUrl) };

// It prints the port that it listens on. The engine tells its own address when it attaches.
void pulumi.provider.main(new AwsPlugin(place), []);
