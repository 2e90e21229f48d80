/** One stack of a fleet, with everything about it decided: nothing here is looked up again while it runs. */
export interface Target {
  name: string;
  stack: string;
  /** Plain stack configuration in the project's own namespace. */
  config: Record<string, string>;
  /** Named in the fleet file, on top of what every child process gets. */
  env: Record<string, string>;
}

/** The Pulumi project that all targets of a fleet run. */
export interface ProjectFolder {
  /** Holds `Pulumi.yaml` and one settings file per stack. */
  directory: string;
  /** Written by this package: its stack settings hold nothing but what the fleet file says. */
  generated: boolean;
}

export interface Fleet {
  project: ProjectFolder;
  backend?: string;
  concurrency: number;
  targets: Target[];
}
