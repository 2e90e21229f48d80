import type { Connection, RowDataPacket } from "mysql2/promise";

/** Statements that a client has sent in this session. A CALL is one, however often it answers. */
async function sentIn(work: Connection): Promise<number> {
  const [[row]] = await work.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Questions'");
  return Number(row?.Value);
}

/** Calls `failedAt` with the exact number of the statement that failed, where the session is still there to be asked. */
export async function counting(
  work: Connection,
  send: () => Promise<void>,
  failedAt: (statement: number) => void,
): Promise<void> {
  const before = await sentIn(work);
  try {
    await send();
  } catch (error) {
    const after = await sentIn(work).catch(() => undefined);
    // The question itself has been counted too.
    if (after !== undefined) failedAt(after - before - 1);
    throw error;
  }
}
