import type { MigrationStatus } from "../protocol/migrations";
import { eachInTime } from "./each-in-time";
import { inRunningOrder } from "./file-name";
import { refusal } from "./files";
import { mainNameOf } from "./folder";
import { isThere } from "./history";
import { asMigrator } from "./inside";
import type { JobWithTexts } from "./job";
import { plannedWith, statusOf } from "./judge";
import { planMigrations } from "./plan";

/** Runs the checks of what has run, in their order, until one fails. Changes nothing. */
export const verify = (job: JobWithTexts): Promise<MigrationStatus> =>
  asMigrator(job, async (migrations) => {
    const history = await migrations.history();
    const there = new Set(history.filter((row) => isThere(row) && row.state !== "skipped").map(({ name }) => name));
    const checks = inRunningOrder(job.texts).filter(
      ({ kind, name }) => kind === "verify" && there.has(mainNameOf(name)),
    );
    // One that ends the transaction it runs in could change what it likes.
    const { problems } = await job.family.analyse(checks);
    if (problems.length > 0) throw refusal(problems);
    const { ran, failure } = await eachInTime(
      job,
      checks,
      ({ name }) => ({ name, kind: "verify" }),
      (check) => migrations.verify(check),
    );
    const planned = planMigrations(plannedWith(job), history, job.request.migration);
    return {
      ...statusOf(job, { history, others: await migrations.others() }, planned, []),
      ran,
      ...(failure === undefined ? {} : { failure }),
      incomplete: failure === undefined && ran.length < checks.length,
    };
  });
