import { existsSync } from "node:fs";
import { readMigrations } from "../../components/migration-folder";
import type { MigrationFile } from "../../provisioner/protocol";
import { CommandFailure } from "../errors";

export const defaultDirectory = "migrations";

/** Words that a shell's user can follow, before anything else is said of the folder. */
export function existingDirectory(directory = defaultDirectory): string {
  if (!existsSync(directory))
    throw new CommandFailure(
      "FolderMissing",
      `There is no folder ${directory} here; name it with --directory <folder>, or begin one with: db-access migrate new <what it does>.`,
    );
  return directory;
}

/** The files of the folder, every one of them fit to be planned. */
export const filesIn = (directory: string | undefined): MigrationFile[] => readMigrations(existingDirectory(directory));

/** A history can be looked at from anywhere: without a folder there is nothing to compare it with. */
export const filesIfAny = (directory: string | undefined): MigrationFile[] | undefined =>
  directory === undefined && !existsSync(defaultDirectory) ? undefined : filesIn(directory);
