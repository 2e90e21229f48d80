import { DbAccessError } from "../errors";

const ENTRIES = 5;

/** Another run of the same database may have changed the password, or closed the login, in between. */
export async function entering<Login, Session>(
  enter: () => Promise<Login>,
  open: (login: Login) => Promise<Session>,
): Promise<Session> {
  for (let entry = 1; ; entry++) {
    const login = await enter();
    try {
      return await open(login);
    } catch (error) {
      const closed = error instanceof DbAccessError && error.code === "AdminLoginRefused";
      if (entry === ENTRIES || !closed) throw error;
    }
  }
}
