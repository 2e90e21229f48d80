import type { Kind, Making } from "./kind";
import type { Shape } from "./shape";
import type { Properties } from "./values";

export interface Kept {
  inputs: Record<string, Shape>;
  required?: readonly string[];
  replacedBy?: readonly string[];
  generatedName?: string;
  made(making: Making): { id: string; outputs?: Properties };
}

/** Checked and remembered in the engine's state, and nothing besides. */
export const kept = ({ inputs, required = [], replacedBy = [], generatedName, made }: Kept): Kind => ({
  inputs,
  required,
  replacedBy,
  generatedName,
  create(making) {
    const { id, outputs } = made(making);
    const all = "tags" in inputs ? { tagsAll: making.inputs.tags ?? {} } : {};
    return Promise.resolve({ id, outputs: { ...all, ...outputs } });
  },
  update: (_id, { inputs: given }) => Promise.resolve("tags" in inputs ? { tagsAll: given.tags ?? {} } : {}),
  delete: () => Promise.resolve(),
  read: () => Promise.resolve({}),
});
