/** SQLSTATE of entering a database that is not there yet: the answer to a question. */
export const absentDatabase = "3D000";
