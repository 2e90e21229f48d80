import fc from "fast-check";

/**
 * The same random claims in every run, so that a red run is the change's fault. `DB_ACCESS_SEED=random` looks for new
 * counterexamples, a number repeats a run; fast-check prints it with each failure.
 */
const asked = process.env.DB_ACCESS_SEED ?? "4711";
if (asked !== "random") fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(asked) });
