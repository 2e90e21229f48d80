import type { OtherTool } from "../../protocol/migrations";

/** A table that is the history of another tool, by its name and columns. */
export interface OtherHistory {
  tool: OtherTool;
  /** As the server names it: `public.flyway_schema_history`. */
  table: string;
}

/** One file or change set that has run and was not taken back. */
export interface OtherEntry {
  /** Digits without leading zeros, where the tool's own version is such a number. */
  version?: string;
  /** As the tool names it. */
  name: string;
  /** Of a file that runs whenever it has changed: the tool's own checksum of what ran last. */
  repeatable?: { checksum?: number };
}

/** What such a table says. */
export interface OtherRecord extends OtherHistory {
  /** What has run, oldest first. Empty for a tool that keeps only where it stands. */
  entries: OtherEntry[];
  /** The highest number that has run; undefined where the tool counts in another way. */
  highest?: string;
  /** The tool was told that everything up to this number was there when it began. */
  floor?: string;
  /** Why it cannot be trusted to say what is there: a failed or dirty entry, in a sentence each. */
  problems: string[];
}

/** As its makers write it. */
export const toolNames: Record<OtherTool, string> = {
  flyway: "Flyway",
  liquibase: "Liquibase",
  "golang-migrate": "golang-migrate",
  "node-pg-migrate": "node-pg-migrate",
};
