import { loadParser } from "../parser-missing";
import { loadModules, type GrammarModules } from "./grammar-modules";

/** Loaded for migrations only: it is large. */
export const loadGrammar = (): Promise<GrammarModules> => loadParser("dt-sql-parser", loadModules);
