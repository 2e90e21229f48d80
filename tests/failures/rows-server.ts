import type { Row } from "./rows";
export const serverRows: readonly Row[] = [];
