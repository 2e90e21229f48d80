import type { Shape } from "./shape";
import type { Properties } from "./values";

/** What a resource was made from: plain inputs, complete. */
export interface Making {
  inputs: Properties;
  /** The resource's name in the program. */
  name: string;
}

/** One type of resource: what it takes, and what making, changing and ending one does. */
export interface Kind {
  inputs: { readonly [property: string]: Shape };
  required: readonly string[];
  /** Changes of these make another resource. */
  replacedBy: readonly string[];
  /** The property that gets a name made up from the program's when none is given. */
  generatedName?: string;
  create(making: Making): Promise<{ id: string; outputs: Properties }>;
  /** The outputs that the change has changed. */
  update(id: string, making: Making, former: Properties): Promise<Properties>;
  delete(id: string, state: Properties): Promise<void>;
  /** What differs from the state by now. Nothing at all when the resource is gone. */
  read(id: string, state: Properties): Promise<Properties | undefined>;
}
