import type { Claim } from "../../access/claims";
import type { ClaimRecord, CredentialRecord, RecordedItem } from "../../access/record";
import type { ChangeHead } from "../engine";
import { headId, headState, ledgerColumns } from "../ledger-columns";
import type { Row, Value } from "./connection";

export const fields = ["id", ...ledgerColumns] as const;

/** The state of a row whose claim has ended in one message with the writing of others. No reading shows it. */
export const ended = "ended";

export const toValues = (record: ClaimRecord): Value[] => [
  record.id,
  record.owner,
  record.kind,
  record.grantee,
  record.database,
  record.state,
  record.generation,
  record.adopted,
  record.retained,
  JSON.stringify(record.claim),
  JSON.stringify(record.items),
  record.credentials === undefined ? null : JSON.stringify(record.credentials),
];

export const toEndedValues = (id: string): Value[] => [id, "", "", "", "", ended, 0, false, false, "", "", null];

export const toHeadValues = ({ number, hash }: ChangeHead): Value[] => [
  headId,
  ...["", "", "", "", headState, number, false, false, hash, "", null],
];

export const isHead = (row: Row): boolean => row.id === headId;

export const toHead = (row: Row): ChangeHead => ({ number: Number(row.generation), hash: String(row.claim) });

export const toRecord = (row: Row): ClaimRecord => ({
  id: String(row.id),
  owner: String(row.owner),
  kind: String(row.kind) as ClaimRecord["kind"],
  grantee: String(row.grantee),
  database: String(row.database_name),
  state: row.state === "intent" ? "intent" : "done",
  generation: Number(row.generation),
  adopted: row.adopted === 1,
  retained: row.retained === 1,
  claim: JSON.parse(String(row.claim)) as Claim,
  items: JSON.parse(String(row.items)) as RecordedItem[],
  ...(row.credentials === null ? {} : { credentials: JSON.parse(String(row.credentials)) as CredentialRecord }),
});
