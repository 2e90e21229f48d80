import type { Connection } from "mysql2/promise";

/** What the driver has below its promises: one event for each statement's answer. */
export interface RawConnection {
  query(text: string): {
    on(event: "fields" | "end", listener: () => void): void;
    on(event: "error", listener: (error: unknown) => void): void;
  };
}

/** The driver's types keep quiet about it. */
export const rawOf = (connection: Connection): RawConnection =>
  (connection as unknown as { connection: RawConnection }).connection;
