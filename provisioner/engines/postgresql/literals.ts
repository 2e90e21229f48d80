import { literal } from "./quote";

/**
 * Values inside the text of a query, instead of beside it: only statements without parameters can travel together in
 * one message.
 */
export const textArray = (values: readonly string[]): string => `ARRAY[${values.map(literal).join(", ")}]::text[]`;

export const boolean = (value: boolean): string => (value ? "true" : "false");
