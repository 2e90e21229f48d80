import type { AuditRecord } from "../../provisioner/audit/event";

export const eventWords = ({ sequence, stream, time, requestId }: AuditRecord): string =>
  `event ${sequence} of stream ${stream} (${time}, request ${requestId})`;

export const rangeWords = (what: string, from: number, to: number): string =>
  from === to ? `${what} ${from} is` : `${what}s ${from} to ${to} are`;
