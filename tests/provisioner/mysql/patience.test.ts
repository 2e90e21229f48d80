import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { patiently as onMysql } from "../../../provisioner/engines/mysql/patience";
import { patiently as onPostgresql } from "../../../provisioner/engines/postgresql/patience";
import { DbAccessError, type ErrorCode } from "../../../provisioner/errors";

const failure = (code: ErrorCode): DbAccessError => new DbAccessError(code, code, { transient: true });

for (const [family, patiently] of [
  ["MySQL and MariaDB", onMysql],
  ["PostgreSQL", onPostgresql],
] as const) {
  describe(`patience on ${family}`, () => {
    const ending = async (...failures: ErrorCode[]): Promise<{ code: string; tries: number }> => {
      let tries = 0;
      try {
        await patiently(Date.now() + 5_000, () => {
          const code = failures.at(tries);
          tries += 1;
          return code === undefined ? Promise.resolve() : Promise.reject(failure(code));
        });
        return { code: "none", tries };
      } catch (error) {
        return { code: (error as DbAccessError).code, tries };
      }
    };

    it("tries again what may pass", async () =>
      assert.deepEqual(await ending("ServerReadOnly"), { code: "none", tries: 2 }));

    it("says why it tried again when the last try has no time left", async () =>
      assert.deepEqual(await ending("ServerReadOnly", "DeadlineExceeded"), { code: "ServerReadOnly", tries: 2 }));

    it("says it, too, when the last try got no answer until the deadline", async () => {
      const deadline = Date.now() + 600;
      let tries = 0;
      const attempt = async (): Promise<void> => {
        tries += 1;
        if (tries === 1) throw failure("ServerReadOnly");
        await sleep(deadline - Date.now());
        throw failure("NetworkPathDatabase");
      };
      await assert.rejects(patiently(deadline, attempt), { code: "ServerReadOnly" });
      assert.equal(tries, 2);
    });

    it("says that there was no time when there was none from the beginning", async () =>
      assert.deepEqual(await ending("DeadlineExceeded"), { code: "DeadlineExceeded", tries: 1 }));
  });
}
