import type { Row } from "./rows";
export const reachRows: readonly Row[] = [];
