import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ProvisionerArgs } from "./args";
import { DIRECTORY_CA_FILE, directoryCaOf } from "./directory";
import { CA_FILE } from "./environment";

/** The built archive inside the package, seen from the sources and from the compiled files alike. */
function bundleDirectory(): string {
  let directory = __dirname;
  while (!existsSync(path.join(directory, "package.json"))) directory = path.dirname(directory);
  return path.join(directory, "dist", "bundle");
}

/** What the functions run: the archive of the package as it is, or its file beside the certificates to trust. */
export function codeOf({ tls, directory: groups }: Pick<ProvisionerArgs, "tls" | "directory">): pulumi.asset.Archive {
  const directory = bundleDirectory();
  if (!existsSync(path.join(directory, "provisioner.zip")))
    throw new pulumi.RunError(
      "The functions' archive is not there; run npm run build, or install pulumi-db-access again.",
    );
  const certificates = Object.entries({ [CA_FILE]: tls?.ca, [DIRECTORY_CA_FILE]: directoryCaOf(groups) }).flatMap(
    ([name, pem]) => (pem === undefined ? [] : [[name, new pulumi.asset.StringAsset(pem)] as const]),
  );
  if (certificates.length === 0) return new pulumi.asset.FileArchive(path.join(directory, "provisioner.zip"));
  return new pulumi.asset.AssetArchive({
    "index.mjs": new pulumi.asset.FileAsset(path.join(directory, "index.mjs")),
    ...Object.fromEntries(certificates),
  });
}

/** The hash that the functions answer with every reply, so that swapped code is noticed. */
export function codeHash(): string {
  const manifest = JSON.parse(readFileSync(path.join(bundleDirectory(), "manifest.json"), "utf8")) as {
    codeHash: string;
  };
  return manifest.codeHash;
}
